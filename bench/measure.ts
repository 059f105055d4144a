import { runMeasurement } from "./measurements/index";

/** What a fresh process runs: one measurement, given as JSON; the result goes to the parent process. */
async function measure(): Promise<void> {
  const result = await runMeasurement(JSON.parse(process.argv[2] ?? ""));
  // A program may leave something open; the parent waits for the end of this process.
  process.send?.(result, () => process.exit(0));
}

measure().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : error}\n`, () =>
    process.exit(1),
  );
});
