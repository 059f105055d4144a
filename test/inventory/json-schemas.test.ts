import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inventoryFiles } from "../../stacks/inventory/files";
import { jsonSchemaFiles, jsonSchemaName } from "../../stacks/inventory/json-schemas.data-generator";

const root = join(__dirname, "..", "..");
const schemas = join(root, "stacks/inventory/schemas");

describe("the JSON Schemas for editors", () => {
  it.each(jsonSchemaFiles())("$name is what the program's schema says (else: npm run generate)", (file) => {
    expect(readFileSync(join(schemas, file.name), "utf8")).toBe(file.text);
  });

  it("are there for every kind of file and no other", () => {
    const names = jsonSchemaFiles().map((file) => file.name);
    expect(readdirSync(schemas).sort()).toEqual([...names].sort());
  });

  it("refuse unknown keys", () => {
    const sites: unknown = JSON.parse(jsonSchemaFiles().find(({ name }) => name === "sites.schema.json")?.text ?? "");
    expect(sites).toMatchObject({ type: "object", additionalProperties: false, required: ["sites"] });
  });
});

describe("each inventory file", () => {
  const files = Object.values(inventoryFiles).map(({ name }) => ({
    name,
    path: join(root, "stacks/alai/inventory", name),
  }));

  it.each(files.filter(({ path }) => existsSync(path)))(
    "$name names its schema in the first line",
    ({ name, path }) => {
      const [firstLine] = readFileSync(path, "utf8").split("\n");
      expect(firstLine).toBe(`# yaml-language-server: $schema=../../inventory/schemas/${jsonSchemaName(name)}`);
    },
  );
});
