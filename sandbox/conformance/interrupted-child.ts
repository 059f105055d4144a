// Run by `interrupted-run.ts` in a process of its own, which that kills once this says "ready".
import { DiskStateStore } from "../engine/run-operation";
import { recordingsOf, series } from "./recorded-providers";
import { replay } from "./run-series";

async function main([task, directory = "", name]: readonly string[]): Promise<void> {
  const [, second] = series;
  if (second === undefined) throw new Error("the second series is missing");
  const store = new DiskStateStore(directory, second.project, "dev");
  if (task === "lock") {
    await store.lock("up");
    await hang();
  }
  const recording = recordingsOf(second).find((candidate) => candidate.name === name);
  if (recording === undefined) throw new Error(`no recording ${name}`);
  const whileCreating = (created: string) => (created === "second" ? hang() : Promise.resolve());
  await replay(recording, { series: second, store, policies: [], referenced: store, whileCreating });
}

/** Says that it is time to be killed, and waits for that. */
function hang(): Promise<never> {
  process.stdout.write("ready\n");
  return new Promise(() => setInterval(() => {}, 1000));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
});
