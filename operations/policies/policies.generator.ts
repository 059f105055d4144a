import { basename, join } from "node:path";
import type { Generator } from "../../lib/generator";
import { rehearsedStacks } from "../rehearsed-stacks";
import { policiesPage } from "./policies-page";
import { shapeFiles } from "./stack-shapes";

const shapes = "policies/shapes";

/** The page about the rules, and the shapes that stacks are compared with. */
export const generator: Generator = {
  directories: [shapes],
  files: async ({ root, signal }) => {
    const pack = join(root, "policies");
    const files = shapeFiles(pack, await rehearsedStacks(root, signal));
    return [
      { path: "docs/policies.md", text: policiesPage(pack) },
      ...files.map(({ path, text }) => ({ path: `${shapes}/${basename(path)}`, text })),
    ];
  },
};
