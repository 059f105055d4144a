import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Generator } from "../lib/generator";
import { withTableRows } from "../lib/markdown-table";
import { stackDefinitions } from "./registry";

const header = "| Stack | What it is | Reads from |\n|-|-|-|\n";

/** README's table of the stacks. */
export const generator: Generator = {
  files: ({ root }) => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const rows = stackDefinitions.map(({ name, description, readsFrom }) => {
      const reads = readsFrom.map((other) => ` \`${other}\``).join(",");
      return `| \`${name}\` | ${description} |${reads} |`;
    });
    return [{ path: "README.md", text: withTableRows("README.md", readme, header, rows) }];
  },
};
