// Run by `endless-program.test.ts` in a process of its own: only there does the event loop run dry.
import { join } from "node:path";
import { MemoryStateStore, runOperation } from "../../../sandbox/engine/run-operation";
import { EchoProvider } from "./echo-provider";

const repository = join(__dirname, "..", "..", "..");

async function main(): Promise<void> {
  const { result, failure } = await runOperation({
    kind: "up",
    previewOnly: false,
    project: { name: "demo", root: repository, main: repository },
    program: { kind: "inline", run: () => ({ never: new Promise(() => {}) }) },
    organization: "organization",
    stack: "dev",
    config: new Map(),
    provider: (packageName) => new EchoProvider(packageName),
    policies: [],
    state: new MemoryStateStore("dev"),
    stackOutputs: async () => undefined,
    targets: [],
    emit: ({ diagnosticEvent }) => process.stdout.write(diagnosticEvent?.message ?? ""),
    signal: new AbortController().signal,
  });
  process.stdout.write(`${result} ${failure}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
});
