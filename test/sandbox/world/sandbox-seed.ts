import { join } from "node:path";
import { readWorldSeed } from "../../../sandbox/world/open-world";
import type { WorldObject } from "../../../sandbox/world/world";

let seed: readonly WorldObject[] | undefined;

/** What exists before anything is deployed: read once in a process, and a copy for each caller. */
export function sandboxSeed(): WorldObject[] {
  seed ??= readWorldSeed(join(__dirname, "../../../sandbox/world.yaml"));
  return structuredClone([...seed]);
}
