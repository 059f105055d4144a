import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Generator } from "../../lib/generator";

/** Where the pack imports its rules from, below its directory. */
export const ruleIndexFile = "rules.generated.ts";

/** The list of the pack's rules. */
export const generator: Generator = {
  files: ({ root }) => [{ path: `policies/${ruleIndexFile}`, text: ruleIndex(join(root, "policies")) }],
};

/**
 * The module that imports every rule: `rules/<family>/<id>.ts` exports a rule called as its id, in camel case.
 * It is generated, because policy host, type checker and bundlers follow written imports only. Reads file names and loads no rule,
 * so it can be made while the one in the pack names a rule that is gone.
 *
 * @param directory the pack's
 */
export function ruleIndex(directory: string): string {
  const files = readdirSync(join(directory, "rules"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "shared")
    .flatMap(({ name: family }) => readdirSync(join(directory, "rules", family)).map((file) => `${family}/${file}`))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.replace(/\.ts$/, ""))
    .sort();
  const imports = files.map((file) => `import { ${exportOf(file)} } from "./rules/${file}";`);
  return `// Written by npm run generate from the files in policies/rules; do not edit.
import type { PolicyRule, StackRule } from "./rule";
${imports.join("\n")}

/** Every rule, by family and id. */
export const everyRule: readonly (PolicyRule | StackRule)[] = [
${files.map((file) => `  ${exportOf(file)},`).join("\n")}
];
`;
}

function exportOf(file: string): string {
  const id = file.slice(file.indexOf("/") + 1);
  return id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
