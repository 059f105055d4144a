import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Generator } from "../lib/generator";
import { stackDefinitions } from "./registry";

const header = "| Stack | What it is | Reads from |\n|-|-|-|\n";

/** README's table of the stacks. */
export const generator: Generator = {
  files: ({ root }) => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const [before, after] = readme.split(header);
    if (before === undefined || after === undefined) throw new Error(`README.md has no table of stacks: ${header}`);
    const rows = stackDefinitions.map(({ name, description, readsFrom }) => {
      const reads = readsFrom.map((other) => ` \`${other}\``).join(",");
      return `| \`${name}\` | ${description} |${reads} |\n`;
    });
    return [{ path: "README.md", text: [before, header, ...rows, after.slice(after.search(/^(?!\|)/m))].join("") }];
  },
};
