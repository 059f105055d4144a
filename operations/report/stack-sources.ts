import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { findStack, stackDefinitions } from "../../stacks/registry";
import type { ProgramSources } from "./source-location";

/**
 * Where the texts of a stack are: its composition first, then what stands beside it, without the compositions of other stacks. A
 * stack that the registry or the project does not know has the project's main file.
 *
 * @param main the project's main file, or its directory
 */
export function stackSources(root: string, stack: string, main: string): ProgramSources {
  const definition = findStack(stack);
  const system = join(root, "stacks", definition?.system ?? "");
  if (definition === undefined || !existsSync(system)) {
    return { root, stack, system: undefined, programs: [main === root ? join(root, "index.ts") : main] };
  }
  const own = `${definition.composition}.ts`;
  const others = new Set(["preview.ts", ...stackDefinitions.map(({ composition }) => `${composition}.ts`)]);
  const beside = readdirSync(system).filter((name) => name.endsWith(".ts") && !others.has(name));
  return { root, stack, system, programs: [own, ...beside].map((name) => join(system, name)) };
}
