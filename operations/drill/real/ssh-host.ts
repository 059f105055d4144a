import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostSettings } from "../../../programs/host/host-settings";
import { readSettings } from "../../../programs/host/settings-file";
import { DrillError } from "../../programs/drill-error";
import type { ProgramOptions, ProgramRun } from "../../programs/run-program";
import { type DrillHost, quoted } from "../hosts/drill-host";
import { installedAgents } from "../phases/agents";
import { loadScript, lossScript } from "./agent-scripts";
import { SshConnection } from "./ssh-connection";

/** A real host, over SSH as the user whose home holds everything. */
export class SshHost implements DrillHost {
  private lost = false;
  private others: number[] = [];

  private constructor(
    private readonly connection: SshConnection,
    readonly settings: HostSettings,
    readonly recordDirectory: string,
  ) {}

  /**
   * @param target as `ssh` takes it. @example "operator@100.103.49.98"
   * @param directory where the host's files lie below its home. @example "system"
   * @throws {UnreachableHostError} when the host cannot be reached
   * @throws {DrillError} when nothing is installed there
   */
  static async connect(target: string, directory: string): Promise<SshHost> {
    const connection = new SshConnection(target);
    try {
      const file = `"$HOME"/${quoted(directory)}/etc/host.json`;
      const { exitCode, stdout, stderr } = await connection.firstShell(`cat ${file} && printf '\\n%s' "$HOME"`);
      if (exitCode !== 0)
        throw new DrillError(`${target} has no settings: ${stderr.trim()}\n  Deploy the stack hosts first`);
      const [home = ""] = stdout.split("\n").slice(-1);
      const settings = settingsFrom(target, stdout.slice(0, -home.length));
      return new SshHost(connection, settings, `${home}/landscape-drill`);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  get name(): string {
    return this.settings.host;
  }

  /** Whether its agents were ended, and not started again. */
  get isLost(): boolean {
    return this.lost;
  }

  shell(script: string, options: Pick<ProgramOptions, "input" | "timeoutSeconds"> = {}): Promise<ProgramRun> {
    return this.connection.shell(script, options);
  }

  /** Lets a process that is no agent end with them when the host is lost. */
  endsWithHost(pid: number): void {
    this.others.push(pid);
  }

  async lose(): Promise<number> {
    const { primaryOnlyAgents, programs } = this.settings;
    const labels = [...(await installedAgents(this)), ...primaryOnlyAgents];
    this.lost = true;
    const { exitCode, stdout, stderr } = await this.shell(lossScript({ ...programs, labels, others: this.others }));
    const [, at] = /^lost at (\d+)$/m.exec(stdout) ?? [];
    if (exitCode === 0 && at !== undefined) return Number(at);
    throw new DrillError(`${this.name}: not everything ended: ${stdout}${stderr}`.trim());
  }

  /** @throws {DrillError} when an agent is not loaded */
  async comeBack(): Promise<void> {
    const { agentsDirectory, primaryOnlyAgents, programs } = this.settings;
    const place = { launchctl: programs.launchctl, agentsDirectory };
    const script = loadScript(place, await installedAgents(this), primaryOnlyAgents);
    const { exitCode, stdout, stderr } = await this.shell(script);
    if (exitCode !== 0)
      throw new DrillError(
        `${this.name}: agents are not loaded again: ${`${stdout}${stderr}`.trim()}\n  Load them there: launchctl bootstrap gui/$(id -u) ${agentsDirectory}/<label>.plist`,
      );
    this.lost = false;
    this.others = [];
  }

  /** Ends the connection; nothing can be asked of the host afterwards. */
  close(): Promise<void> {
    return this.connection.close();
  }
}

/** Checked as the host's own program checks it. */
function settingsFrom(target: string, text: string): HostSettings {
  const directory = mkdtempSync(join(tmpdir(), "drill-settings-"));
  try {
    writeFileSync(join(directory, "host.json"), text);
    return readSettings(join(directory, "host.json"));
  } catch (error) {
    throw new DrillError(`${target}: ${error instanceof Error ? error.message : error}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
