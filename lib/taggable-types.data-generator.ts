import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Generator } from "./generator";
import type { TaggableTypes } from "./taggable-types";

/** The table of azure-native types that take tags; it changes with the version of @pulumi/azure-native. */
export const generator: Generator = {
  files: () => [
    {
      path: "lib/taggable-types.generated.json",
      text: `${JSON.stringify(taggableTypesOfDeclarations())}\n`,
    },
  ],
};

/** `tags` as a map of strings. Lists, single strings and structures of that name mean something else. */
const stringMapTags =
  /^ {4}tags\??: pulumi\.Input<\{\s*\[key: string\]: pulumi\.Input<string>;\s*\}(?: \| undefined)?>;/m;

const typeToken = /static __pulumiType = 'azure-native:([^:']+):([^']+)'/;

/**
 * Reads the table out of the installed declarations. Slow (some 4,600 files), so the result is kept in `taggable-types.generated.json`.
 *
 * @throws when a class whose arguments take tags has no type token where one is expected
 */
export function taggableTypesOfDeclarations(): TaggableTypes {
  const manifest = require.resolve("@pulumi/azure-native/package.json");
  const root = dirname(manifest);
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, "utf8")));
  const modules = readdirSync(root, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && entry.name !== "types",
  );
  const types: Record<string, string[]> = {};
  for (const module of modules) {
    for (const [moduleName, typeName] of taggableTypesIn(join(root, module.name))) {
      types[moduleName] = [...(types[moduleName] ?? []), typeName].sort();
    }
  }
  return {
    version,
    types: Object.fromEntries(Object.entries(types).sort(([left], [right]) => (left < right ? -1 : 1))),
  };
}

function taggableTypesIn(directory: string): [module: string, type: string][] {
  const declarations = readdirSync(directory).filter((file) => file.endsWith(".d.ts"));
  return declarations
    .filter((file) => takesTags(readFileSync(join(directory, file), "utf8")))
    .map((file) => {
      const script = join(directory, file.replace(/\.d\.ts$/, ".js"));
      const token = typeToken.exec(readFileSync(script, "utf8"));
      const [, module, type] = token ?? [];
      if (module === undefined || type === undefined) throw new Error(`${script}: no type token was found`);
      return [module, type];
    });
}

/** Only a resource's arguments count: functions have arguments too, and an output of that name cannot be set. */
function takesTags(declaration: string): boolean {
  if (!/^export declare class \w+ extends pulumi\.CustomResource/m.test(declaration)) return false;
  const start = declaration.search(/^export interface \w+Args \{/m);
  return start >= 0 && stringMapTags.test(declaration.slice(start));
}
