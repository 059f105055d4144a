import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentSecrets } from "../values/secret-texts";
import { StackBusyError } from "./automation-errors";

/**
 * Runs a `pulumi` command that the Automation API does not offer, or offers only in a form that puts decrypted secrets where
 * they do not belong (`exportStack` asks for them in clear text, `importStack` writes them to a temporary file).
 */
export function runPulumi(directory: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    // The largest answer is an exported state.
    const options = { cwd: directory, maxBuffer: 512 * 1024 * 1024 };
    execFile("pulumi", [...args, "--non-interactive"], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(commandError(args, stderr.trim() || error.message));
    });
  });
}

function commandError(args: readonly string[], message: string): Error {
  const text = environmentSecrets().masked(`pulumi ${args.join(" ")}: ${message}`);
  return message.includes("the stack is currently locked by") ? new StackBusyError(text) : new Error(text);
}

/** Makes a deployment, its secrets encrypted, a stack's state. */
export async function importState(directory: string, stack: string, deployment: unknown): Promise<void> {
  const temporary = mkdtempSync(join(tmpdir(), "state-"));
  try {
    const file = join(temporary, "state.json");
    writeFileSync(file, JSON.stringify(deployment), { mode: 0o600 });
    await runPulumi(directory, ["stack", "import", "--stack", stack, "--file", file]);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
