import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { taggableTypesOfDeclarations } from "../lib/taggable-types.generator";

/** Writes the table of azure-native types that take tags. Run it after changing the version of @pulumi/azure-native. */
const table = taggableTypesOfDeclarations();
const file = join(__dirname, "..", "lib", "taggable-types.generated.json");
writeFileSync(file, `${JSON.stringify(table)}\n`);
process.stdout.write(`${Object.values(table.types).flat().length} types of azure-native ${table.version} take tags\n`);
