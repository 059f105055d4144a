import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostSettings } from "../../../components/host-runtime/host-settings";
import { readSettings } from "../../../components/host-runtime/settings-file";
import { DrillError } from "../../programs/drill-error";
import { type ProgramOptions, type ProgramRun, runProgram } from "../../programs/run-program";
import { type DrillHost, quoted } from "../hosts/drill-host";
import { loadedAgents } from "../phases/agents";

/** Nobody types a password during a drill, and a host that is away is told of soon. */
const sshOptions = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=8", "-o", "ServerAliveInterval=5"];

/** A real host, over SSH as the user whose home holds everything. */
export class SshHost implements DrillHost {
  private labels: readonly string[] = [];

  private constructor(
    private readonly target: string,
    readonly settings: HostSettings,
    readonly recordDirectory: string,
  ) {}

  /**
   * @param target as `ssh` takes it. @example "operator@100.103.49.98"
   * @param directory where the host's files lie below its home. @example "system"
   * @throws {DrillError} when the host cannot be reached, or nothing is installed there
   */
  static async connect(target: string, directory: string): Promise<SshHost> {
    const script = `cat "$HOME"/${quoted(directory)}/etc/host.json && printf '\\n%s' "$HOME"`;
    const { exitCode, stdout, stderr } = await ssh(target, script);
    if (exitCode !== 0) throw new DrillError(`${target} has no settings, or does not answer: ${stderr.trim()}`);
    const [home = ""] = stdout.split("\n").slice(-1);
    const settings = settingsFrom(stdout.slice(0, -home.length));
    const host = new SshHost(target, settings, `${home}/landscape-drill`);
    await host.shell(`mkdir -p ${quoted(host.recordDirectory)}`);
    host.labels = (await loadedAgents(host)).map(({ label }) => label);
    return host;
  }

  get name(): string {
    return this.settings.host;
  }

  shell(script: string, options: Pick<ProgramOptions, "input" | "timeoutSeconds"> = {}): Promise<ProgramRun> {
    return ssh(this.target, script, options);
  }

  /** Everything is killed first and unloaded afterwards: unloading alone would let it end in its own way. */
  async lose(): Promise<void> {
    const { launchctl } = this.settings.programs;
    const all = [...this.labels, ...this.settings.primaryOnlyAgents];
    const each = (verb: string) => all.map((label) => `${quoted(launchctl)} ${verb} "gui/$(id -u)/"${quoted(label)}`);
    await this.shell([...each("kill KILL"), ...each("bootout"), "true"].join("\n"));
  }

  /** What is disabled stays off: launchd refuses to load it. */
  async comeBack(): Promise<void> {
    const { agentsDirectory, primaryOnlyAgents, programs } = this.settings;
    const loads = [...this.labels, ...primaryOnlyAgents].map(
      (label) =>
        `${quoted(programs.launchctl)} bootstrap "gui/$(id -u)" ${quoted(`${agentsDirectory}/${label}.plist`)}`,
    );
    await this.shell([...loads, "true"].join("\n"));
  }
}

function ssh(
  target: string,
  script: string,
  options: Pick<ProgramOptions, "input" | "timeoutSeconds"> = {},
): Promise<ProgramRun> {
  return runProgram("ssh", [...sshOptions, target, `/bin/sh -c ${quoted(script)}`], options);
}

/** Checked as the host's own program checks it. */
function settingsFrom(text: string): HostSettings {
  const directory = mkdtempSync(join(tmpdir(), "drill-settings-"));
  try {
    writeFileSync(join(directory, "host.json"), text);
    return readSettings(join(directory, "host.json"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
