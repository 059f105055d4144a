import { z } from "zod";
import type { Generator } from "../../lib/generator";
import { systemsFile } from "../systems-file";
import { inventoryFiles } from "./files";

/** A JSON Schema for editors: what its file is called, and its text. */
export interface JsonSchemaFile {
  readonly name: string;
  readonly text: string;
}

/**
 * One JSON Schema per kind of inventory file, and of the list of systems, made from the schema that the program checks with. Rules that
 * JSON Schema cannot say are left to the program. Draft 7 is what editors' YAML support understands best.
 */
export function jsonSchemaFiles(): readonly JsonSchemaFile[] {
  return [...Object.values(inventoryFiles), systemsFile].map(({ name, schema }) => ({
    name: jsonSchemaName(name),
    text: `${JSON.stringify(z.toJSONSchema(schema, { io: "input", target: "draft-7" }), null, 2)}\n`,
  }));
}

const directory = "stacks/inventory/schemas";

export const generator: Generator = {
  directories: [directory],
  files: () => jsonSchemaFiles().map(({ name, text }) => ({ path: `${directory}/${name}`, text })),
};

/** @example jsonSchemaName("sites.yaml") // "sites.schema.json" */
export function jsonSchemaName(inventoryFile: string): string {
  return inventoryFile.replace(/\.yaml$/, ".schema.json");
}
