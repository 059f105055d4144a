import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cloudflareRights } from "../../lib/cloudflare-rights";
import type { Generator } from "../../lib/generator";
import { withTableRows } from "../../lib/markdown-table";
import { rehearsedStacks } from "../rehearsed-stacks";

const page = "docs/security.md";
const header = "| Right | Of | Stacks |\n|-|-|-|\n";

/** The table of what the tokens at Cloudflare may do, from what each stack makes there. */
export const generator: Generator = {
  files: async ({ root, signal }) => {
    const text = readFileSync(join(root, page), "utf8");
    const needed = new Map<string, Set<string>>();
    for (const { stack, up } of await rehearsedStacks(root, signal)) {
      for (const { type, properties } of up.resources) {
        if (!type.startsWith("cloudflare:")) continue;
        const key = type.endsWith(":Ruleset") ? String(properties.phase) : type;
        const right = cloudflareRights[key];
        if (right === undefined) throw new Error(`lib/cloudflare-rights.ts has no ${key}, which ${stack} makes`);
        const row = `| ${right.name} | ${right.of} |`;
        needed.set(row, (needed.get(row) ?? new Set()).add(`\`${stack}\``));
      }
    }
    const rows = [...needed].map(([row, of]) => `${row} ${[...of].join(", ")} |`).sort();
    return [{ path: page, text: withTableRows(page, text, header, rows) }];
  },
};
