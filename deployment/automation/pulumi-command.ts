import { execFile } from "node:child_process";
import { StackBusyError } from "./automation-errors";

/** Largest answer taken from the CLI: a stack's exported state. */
const largestAnswerBytes = 512 * 1024 * 1024;

/**
 * Runs a `pulumi` command that the Automation API does not offer, or offers only in a form that puts decrypted secrets where
 * they do not belong (`exportStack` asks for them in clear text, `importStack` writes them to a temporary file).
 */
export function runPulumi(directory: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: directory, maxBuffer: largestAnswerBytes };
    execFile("pulumi", [...args, "--non-interactive"], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(commandError(args, stderr.trim() || error.message));
    });
  });
}

function commandError(args: readonly string[], message: string): Error {
  const text = `pulumi ${args.join(" ")}: ${message}`;
  return message.includes("the stack is currently locked by") ? new StackBusyError(text) : new Error(text);
}
