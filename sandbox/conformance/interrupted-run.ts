import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { StateStore } from "../engine/state/state-store";
import type { Recording } from "./recording";
import type { Replayed } from "./replay";

const child = join(__dirname, "interrupted-child.ts");

/** Runs a recording in a process of its own and kills that, with no chance to clean up, while it creates "second". */
export async function runKilled(recording: Recording, store: StateStore, directory: string): Promise<Replayed> {
  const process = await startChild("run", directory, recording.name);
  const exit = await kill(process);
  return { exit, events: [], stateText: JSON.stringify(await store.load()) };
}

/** Does something while another process holds the lock on the stack. */
export async function withLockHeld<T>(directory: string, action: () => Promise<T>): Promise<T> {
  const process = await startChild("lock", directory, "");
  try {
    return await action();
  } finally {
    await kill(process);
  }
}

/** Starts a process and waits until it says that it is where it should be. */
async function startChild(task: "run" | "lock", directory: string, name: string): Promise<ChildProcess> {
  const started = spawn(process.execPath, ["--import", "tsx", child, task, directory, name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: started.stdout })) if (line === "ready") return started;
  throw new Error(`the process that should be interrupted (${task}) ended by itself`);
}

/** The exit code as a shell gives it: 128 and the number of the signal. */
async function kill(process: ChildProcess): Promise<number> {
  const ended = once(process, "exit");
  process.kill("SIGKILL");
  const [code, signal] = await ended;
  return signal === "SIGKILL" ? 137 : Number(code);
}
