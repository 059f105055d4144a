// Run as a process of its own by `AlaiLife.upKilled`: deploys what argv[2] says and dies at the call it names.

import type { Variation } from "./alai-inventories";
import { AlaiLife, type Death, type StackName } from "./alai-life";

interface Job {
  readonly stack: StackName;
  readonly directory: string;
  readonly variation: Variation;
  readonly death: Death;
}

async function main(): Promise<void> {
  const job: Job = JSON.parse(process.argv[2] ?? "");
  const life = await AlaiLife.begin(job.stack, false, job.directory);
  await life.up(job.variation, job.death);
  process.exit(0);
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
