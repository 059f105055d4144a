import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { makeProjectForRealEngine } from "../../bench/benchmarks/whole-processes";
import { compareStates, openState } from "../../sandbox/conformance/compare-state";
import { recordedPassphrase } from "../../sandbox/conformance/run-series";
import { openWorld } from "../../sandbox/world/open-world";
import type { WorldTransaction } from "../../sandbox/world/world";
import { type CommandRun, repository, runCommand } from "../cli/run-command";
import { realPrograms } from "../real-programs";
import { pulumiEnvironment } from "./pulumi-environment";

const engines = ["pulumi", "sandbox"] as const;
type Engine = (typeof engines)[number];

/** What both engines say of one command, in the words of the commands. */
export interface BothSaid {
  readonly exitCode: number | null;
  /** The last line without the engine's name: counts, and what went wrong. */
  readonly summary: string;
  /** Rows of the tree, policy results, diagnostics and outputs; in the order of the alphabet, since resources come in any. */
  readonly lines: readonly string[];
}

/** How a command is run, beside its arguments. */
export interface Circumstances {
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether our policies look on. Default: yes. */
  readonly policies?: boolean;
  /** A variable that tells the program a file: when that is there, the command is interrupted, as by Ctrl-C. Default: it never is. */
  readonly interruptedBy?: string;
}

/** A project on both engines: the same files, for each engine emulated clouds and states of its own. */
export class ProjectOnBoth {
  private readonly directory = mkdtempSync(join(tmpdir(), "both-"));

  /** @param name the project's */
  constructor(
    private readonly project: string,
    private readonly name: string,
    stacks: readonly string[],
  ) {
    mkdirSync(join(this.directory, "backend"));
    for (const stack of stacks) this.pulumi("stack", "init", stack);
  }

  /** This repository's own stacks. */
  static ofStacks(stacks: readonly string[]): ProjectOnBoth {
    const directory = mkdtempSync(join(tmpdir(), "stacks-"));
    makeProjectForRealEngine(realPrograms.pulumi ?? "pulumi", directory, stacks);
    return new ProjectOnBoth(directory, "landscape", stacks);
  }

  /** Runs a command on both, side by side. */
  async run(args: readonly string[], given: Circumstances = {}): Promise<Readonly<Record<Engine, BothSaid>>> {
    const [pulumi, sandbox] = await Promise.all([
      this.runOn("pulumi", args, given),
      this.runOn("sandbox", args, given),
    ]);
    return { pulumi: said(pulumi), sandbox: said(sandbox) };
  }

  /** Makes an earlier state of a stack the state again, on both. @param ago how many operations ago: 0 is the last one's */
  async restoreState(stack: string, ago: number): Promise<readonly string[]> {
    const ends = engines.map(async (engine) => {
      const { output } = await this.runOn(engine, ["state", "--stack", stack, "--json"], {});
      const id = JSON.parse(output)[ago].id;
      return (await this.runOn(engine, ["state", "--stack", stack, "--restore", id, "--yes"], {})).output;
    });
    return (await Promise.all(ends)).map((output) => /restored: .* id/.exec(output)?.[0] ?? output);
  }

  /** In what the states of a stack differ. */
  async stateDifferences(stack: string): Promise<readonly string[]> {
    const exported = this.pulumi("stack", "export", "--stack", stack);
    const kept = readFileSync(join(this.world("sandbox"), "state", this.name, `${stack}.json`), "utf8");
    return compareStates(
      await openState(withoutTimes(exported), "the real engine"),
      await openState(withoutTimes(kept), "the sandbox"),
    );
  }

  /** The files that the last `report` wrote, without the engine's name. */
  reports(): Readonly<Record<Engine, Readonly<Record<string, string>>>> {
    const read = (engine: Engine) =>
      Object.fromEntries(
        ["comment.md", "full.md", "report.sarif", "report.json"].map((file) => [
          file,
          readFileSync(join(this.reportDirectory(engine), file), "utf8").replaceAll(
            /(engine"?:? "?)(pulumi|sandbox)/g,
            "$1",
          ),
        ]),
      );
    return { pulumi: read("pulumi"), sandbox: read("sandbox") };
  }

  /** Writes a file beside the project, and returns its path. */
  write(name: string, text: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, text);
    return path;
  }

  /** Edits the configuration that both engines read of a stack. */
  editStackFile(stack: string, edit: (text: string) => string): void {
    const path = join(this.project, `Pulumi.${stack}.yaml`);
    writeFileSync(path, edit(readFileSync(path, "utf8")));
  }

  /** Does to both worlds what somebody does in a portal. */
  async changeWorlds(change: (world: WorldTransaction) => void): Promise<void> {
    process.env.PULUMI_CONFIG_PASSPHRASE = recordedPassphrase;
    for (const engine of engines) {
      const world = await openWorld(this.world(engine));
      await world.transact(change);
      world.close();
    }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
    rmSync(this.project, { recursive: true, force: true });
  }

  private async runOn(engine: Engine, args: readonly string[], given: Circumstances): Promise<CommandRun> {
    const [command = ""] = args;
    const { environment, policies = true, interruptedBy } = given;
    const pack = policies && checked.has(command) ? ["--policy-pack", join(repository, "policies")] : [];
    const output = command === "report" ? ["--output", this.reportDirectory(engine)] : [];
    const all = [...args, "--engine", engine, "--cwd", this.project, ...pack, ...output];
    const surroundings = { ...this.environment(engine), ...environment };
    if (interruptedBy === undefined) return runCommand(all, surroundings);
    const file = join(this.directory, `reached-${engine}`);
    const interruption = new AbortController();
    let isOver = false;
    const run = runCommand(all, { ...surroundings, [interruptedBy]: file }, repository, interruption.signal);
    void appears(file, () => isOver).then(() => interruption.abort());
    return run.finally(() => {
      isOver = true;
    });
  }

  private pulumi(...args: readonly string[]): string {
    return execFileSync("pulumi", [...args, "--non-interactive", "--cwd", this.project], {
      env: { ...process.env, ...this.environment("pulumi") },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      maxBuffer: 2 ** 29,
    });
  }

  private world(engine: Engine): string {
    return join(this.directory, `world-${engine}`);
  }

  private reportDirectory(engine: Engine): string {
    return join(this.directory, `report-${engine}`);
  }

  private environment(engine: Engine): Readonly<Record<string, string>> {
    return {
      ...pulumiEnvironment(join(this.directory, "backend")),
      PULUMI_CONFIG_PASSPHRASE: recordedPassphrase,
      SANDBOX_DIRECTORY: this.world(engine),
      NO_COLOR: "1",
    };
  }
}

/** Commands that take a policy pack. */
const checked: ReadonlySet<string> = new Set(["preview", "up", "drift", "report"]);

/** Waits for a file, as long as it can come. */
async function appears(file: string, isOver: () => boolean): Promise<void> {
  while (!existsSync(file) && !isOver()) await wait(50);
}

/**
 * What was made at two times says so, in outputs too; a repository's tag is made of its commits and their times, the id of what was
 * installed on a host ends in something made up, and private addresses are handed out in the order in which endpoints come.
 */
function withoutTimes(state: string): string {
  return state
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g, "2026-01-01T00:00:00.000Z")
    .replaceAll(/("id": ?"replication-[a-z-]+)[0-9a-f]{8}"/g, '$1"')
    .replaceAll(/("ipAddresses": ?\[\s*)"[\d.]+"/g, '$1"<address>"')
    .replaceAll(/W\/\\"[0-9a-f]{40}\\"/g, "<tag>");
}

function said({ exitCode, output, errors }: CommandRun): BothSaid {
  const lines = `${output}\n${errors}`.split("\n").map(comparable);
  const summary = lines.filter((line) => line !== "").at(-1) ?? "";
  return { exitCode, summary, lines: lines.filter((line) => line !== "").sort() };
}

/** Without the engine, the place in the tree, times, and what a machine's PATH has. */
function comparable(line: string): string {
  return (
    line
      .replace(/ · engine (pulumi|sandbox)/, "")
      // Only the sandbox can tell that a state stays as it is.
      .replace(/ · (unchanged|refreshed): /, " · done: ")
      .replace(/--engine pulumi ?/g, "")
      .replace(/\/\S+\/report-(pulumi|sandbox)/, "<report>")
      .replace(/[│├└─]/g, " ")
      .replace(/^Duration: .*|^Diagnostics:$|^ *(info: )?plugins of .* on the PATH: .*/, "")
      .replace(/\b(\d+ min )?\d+(\.\d+)? ?s\b|\b\d+ min\b/g, "<time>")
      .replace(/\s+/g, " ")
      .trim()
  );
}
