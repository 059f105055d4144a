import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeProjectForRealEngine, type RealEngineProject } from "../../bench/benchmarks/whole-processes";
import { compareStates, openState } from "../../sandbox/conformance/compare-state";
import { recordedPassphrase } from "../../sandbox/conformance/run-series";
import { type CommandRun, repository, runCommand } from "../cli/run-command";
import { realPrograms } from "../real-programs";

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

/** This project on both engines: the same files, for each engine emulated clouds and states of its own. */
export class ProjectOnBoth {
  private readonly directory = mkdtempSync(join(tmpdir(), "both-"));
  private readonly project = join(this.directory, "project");
  private readonly realEngine: RealEngineProject;

  constructor(stacks: readonly string[]) {
    mkdirSync(this.project);
    this.realEngine = makeProjectForRealEngine(realPrograms.pulumi ?? "pulumi", this.project, stacks);
    for (const stack of stacks) {
      const init = ["stack", "init", stack, "--non-interactive", "--cwd", this.project];
      execFileSync("pulumi", init, { env: { ...process.env, ...this.environment("pulumi") }, stdio: "ignore" });
    }
  }

  /** Runs a command on both, side by side. */
  async run(args: readonly string[]): Promise<{ pulumi: BothSaid; sandbox: BothSaid }> {
    const [pulumi, sandbox] = await Promise.all(engines.map((engine) => this.runOn(engine, args)));
    if (pulumi === undefined || sandbox === undefined) throw new Error("two engines give two results");
    return { pulumi: said(pulumi), sandbox: said(sandbox) };
  }

  /** In what the states of a stack differ. */
  async stateDifferences(stack: string): Promise<readonly string[]> {
    const exported = execFileSync(
      "pulumi",
      ["stack", "export", "--stack", stack, "--non-interactive", "--cwd", this.project],
      { env: { ...process.env, ...this.environment("pulumi") }, encoding: "utf8", maxBuffer: 2 ** 29 },
    );
    const states = join(this.world("sandbox"), "state", "landscape");
    const file = readdirSync(states).find((name) => name === `${stack}.json`) ?? `${stack}.json`;
    const kept = readFileSync(join(states, file), "utf8");
    return compareStates(
      await openState(withoutTimes(exported), "the real engine"),
      await openState(withoutTimes(kept), "the sandbox"),
    );
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private runOn(engine: Engine, args: readonly string[]) {
    const pack = ["--policy-pack", join(repository, "policies")];
    return runCommand([...args, "--engine", engine, "--cwd", this.project, ...pack], this.environment(engine));
  }

  private world(engine: Engine): string {
    return join(this.directory, `world-${engine}`);
  }

  private environment(engine: Engine): Readonly<Record<string, string>> {
    return {
      ...this.realEngine.environment,
      PULUMI_CONFIG_PASSPHRASE: recordedPassphrase,
      SANDBOX_DIRECTORY: this.world(engine),
      NO_COLOR: "1",
    };
  }
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
      .replace(/--engine pulumi ?/, "")
      .replace(/[│├└─]/g, " ")
      .replace(/^Duration: .*|^Diagnostics:$|^ *(info: )?plugins of .* on the PATH: .*/, "")
      .replace(/\b(\d+ min )?\d+(\.\d+)? ?s\b|\b\d+ min\b/g, "<time>")
      .replace(/\s+/g, " ")
      .trim()
  );
}
