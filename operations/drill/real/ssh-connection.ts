import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quoteForShell } from "../../../lib/shell-quote";
import { DrillError, type ProgramOptions, type ProgramResult, runProgram } from "../../programs/external-program";

/** Why a host cannot be used: `authentication` also when its key is not the known one. */
export type Unreachable = "authentication" | "timeout" | "other";

/** A host that SSH does not reach. */
export class UnreachableHostError extends DrillError {
  override name = "UnreachableHostError";
  constructor(
    message: string,
    readonly reason: Unreachable,
  ) {
    super(message);
  }
}

/** What `ssh` itself ends with; scripts end with their own. */
const sshFailed = 255;

/** Runs shell scripts on a host. They share one connection: a drill runs several scripts a second. */
export class SshConnection {
  // Short: a socket's path may have 104 bytes.
  private readonly directory = mkdtempSync(join(tmpdir(), "ds-"));

  /** @param target as `ssh` takes it. @example "operator@100.103.49.98" */
  constructor(readonly target: string) {}

  shell(script: string, options: Pick<ProgramOptions, "input" | "timeoutSeconds"> = {}): Promise<ProgramResult> {
    return runProgram("ssh", [...this.options(), this.target, `/bin/sh -c ${quoteForShell(script)}`], options);
  }

  /** As {@link shell}. @throws {UnreachableHostError} when the script was not run */
  async firstShell(script: string): Promise<ProgramResult> {
    const run = await this.shell(script);
    if (run.exitCode !== sshFailed) return run;
    const why = run.stderr.trim();
    throw new UnreachableHostError(`${this.target} cannot be reached over SSH: ${why}${adviceOn(why)}`, reasonOf(why));
  }

  async close(): Promise<void> {
    await runProgram("ssh", [...this.options(), "-O", "exit", this.target], { timeoutSeconds: 10 });
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** SSH asks for no password during a drill, and reports a host that does not answer after seconds. */
  private options(): readonly string[] {
    const options = [
      "BatchMode=yes",
      "ConnectTimeout=8",
      "ServerAliveInterval=5",
      "ControlMaster=auto",
      `ControlPath=${join(this.directory, "s")}`,
      "ControlPersist=30",
    ];
    return options.flatMap((option) => ["-o", option]);
  }
}

function reasonOf(said: string): Unreachable {
  if (/Permission denied|Host key verification failed/.test(said)) return "authentication";
  return /timed out|not responding/.test(said) ? "timeout" : "other";
}

function adviceOn(said: string): string {
  if (said.includes("Permission denied"))
    return "\n  Set DRILL_SSH_USER to the user who has the agents, and have a key of theirs in your SSH agent";
  if (said.includes("Host key verification failed"))
    return "\n  Log in there once with ssh, and compare its key with what the host itself says";
  return "\n  Is it up, and is this machine on the tailnet?";
}
