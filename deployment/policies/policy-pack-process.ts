import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { PolicyPackContext } from "./policy-analyzer";
import { PolicyPackError } from "./policy-pack-error";
import type { PolicyPackManifest } from "./policy-pack-manifest";

/** How long a pack may take to come up. Compiling a large one with type checks takes seconds, not minutes. */
const startMilliseconds = 120_000;
/** How long a pack may take to end when asked, before it is killed. */
const stopMilliseconds = 2_000;
/** How much of a pack's last error output is kept for messages. */
const keptErrorCharacters = 8_000;

/** A policy pack running as the real engine runs it: the SDK's `run-policy-pack` in a Node process of its own. */
export class PolicyPackProcess {
  private errorOutput = "";

  private constructor(
    private readonly manifest: PolicyPackManifest,
    private readonly child: ChildProcess,
  ) {
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.errorOutput = (this.errorOutput + text).slice(-keptErrorCharacters);
    });
  }

  /**
   * Starts the pack and waits for the port it prints.
   *
   * @throws PolicyPackError with the pack's own output when it ends or stays silent instead
   */
  static async start(
    manifest: PolicyPackManifest,
    context: PolicyPackContext | undefined,
  ): Promise<{ readonly process: PolicyPackProcess; readonly port: number }> {
    const child = spawn(process.execPath, commandLine(manifest), {
      cwd: manifest.directory,
      env: { ...process.env, ...environment(context) },
      // The fourth is the channel whose end tells the pack that its parent is gone.
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const started = new PolicyPackProcess(manifest, child);
    try {
      return { process: started, port: await started.readPort() };
    } catch (error) {
      await started.stop();
      throw error;
    }
  }

  /** The process id; undefined when the process could not be started. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** What the pack last wrote on its error output. */
  get lastErrors(): string {
    return this.errorOutput.trim();
  }

  /** Ends the process and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.child.pid === undefined || this.hasEnded) return;
    const ended = new Promise<void>((resolve) => this.child.once("exit", () => resolve()));
    this.child.kill("SIGTERM");
    const killer = setTimeout(() => this.child.kill("SIGKILL"), stopMilliseconds);
    await ended;
    clearTimeout(killer);
  }

  private readPort(): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => {
        const output = this.lastErrors === "" ? "" : `:\n${this.lastErrors}`;
        reject(
          new PolicyPackError(this.manifest.givenAs, "load", `policy pack ${this.manifest.givenAs} ${reason}${output}`),
        );
      };
      const timer = setTimeout(
        () => fail(`did not come up within ${startMilliseconds / 1000} seconds`),
        startMilliseconds,
      );
      this.child.once("error", (error) => fail(`could not be started: ${error.message}`));
      // "close" comes after "exit" and after all output has been read.
      this.child.once("close", (code, signal) => {
        clearTimeout(timer);
        fail(`failed to load (${signal ?? `exit code ${code}`})`);
      });
      this.readLines((line) => {
        if (!/^\d+$/.test(line.trim())) return;
        clearTimeout(timer);
        resolve(Number(line));
      });
    });
  }

  /** Keeps reading after the port, too: a full pipe would stop the pack. */
  private readLines(read: (line: string) => void): void {
    if (this.child.stdout !== null) createInterface({ input: this.child.stdout }).on("line", read);
  }
}

/** As `pulumi-language-nodejs` builds it: Node options come after the script, so they reach the script and not Node. */
function commandLine(manifest: PolicyPackManifest): string[] {
  return [
    "--require",
    join(__dirname, "exit-with-parent.js"),
    // The runner loads the TypeScript compiler for every pack.
    "--require",
    join(__dirname, "..", "..", "lib", "module-loader", "code-cache.cjs"),
    runnerOf(manifest),
    ...manifest.nodeArguments,
    // The address of an engine that takes log messages. The sandbox has none, and the runner does not look at it.
    "127.0.0.1:1",
    manifest.directory,
  ];
}

function runnerOf(manifest: PolicyPackManifest): string {
  const runner = "@pulumi/pulumi/cmd/run-policy-pack";
  try {
    return createRequire(join(manifest.directory, "package.json")).resolve(runner);
  } catch {
    throw new PolicyPackError(
      manifest.givenAs,
      "load",
      `policy pack ${manifest.givenAs}: its dependencies are not installed; run npm install there`,
    );
  }
}

/** The variables from which the SDK in the pack knows project, stack and configuration. */
function environment(context: PolicyPackContext | undefined): Record<string, string> {
  if (context === undefined) return {};
  return {
    PULUMI_NODEJS_ORGANIZATION: context.organization,
    PULUMI_NODEJS_PROJECT: context.project,
    PULUMI_NODEJS_STACK: context.stack,
    PULUMI_NODEJS_DRY_RUN: String(context.dryRun),
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(context.config)),
  };
}
