import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiskStateStore } from "../../sandbox/engine/run-operation";
import { openWorld } from "../../sandbox/world/open-world";
import { type Measurement, measured } from "../measurement";
import { plainConfig } from "./plain-preview";
import { plainProgram } from "./plain-program";
import { project, runShownToNobody } from "./sandbox-preview";

interface PlainUp {
  readonly components: number;
  readonly on: "nothing" | "itself";
}

/** State and world are on disk, as a user's are. */
export async function upPlain({ components, on }: PlainUp): Promise<Measurement> {
  const directory = mkdtempSync(join(tmpdir(), "bench-up-"));
  try {
    const up = () => upOnce(directory, components);
    if (on === "itself") await up();
    return await measured(up);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function upOnce(directory: string, components: number): Promise<{ readonly resources: number }> {
  const stack = "bench";
  const world = await openWorld(directory);
  const state = new DiskStateStore(join(directory, "state"), project.name, stack);
  const program = () => plainProgram(components);
  try {
    return await runShownToNobody({ kind: "up", stack, config: plainConfig, program, policies: [], state, world });
  } finally {
    world.close();
  }
}
