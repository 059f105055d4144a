import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jsonSchemaFiles } from "../stacks/alai/inventory/json-schemas.generator";

/** Writes the JSON Schemas that editors check inventory files with. Run it after changing a schema: `npx tsx scripts/generate-json-schemas.ts`. */
const directory = join(__dirname, "..", "stacks/alai/inventory/schemas");
mkdirSync(directory, { recursive: true });
for (const { name, text } of jsonSchemaFiles()) writeFileSync(join(directory, name), text);
