import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quoteForShell } from "../../../lib/shell-quote";
import { type HostSettings, readSettings } from "../../../programs/host/host-settings";
import { DrillError, type ProgramOptions, type ProgramResult } from "../../programs/external-program";
import type { DrillHost } from "../hosts/drill-host";
import { listInstalledAgents } from "../phases/host-agents";
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
      const file = `"$HOME"/${quoteForShell(directory)}/etc/host.json`;
      const { exitCode, stdout, stderr } = await connection.firstShell(`cat ${file} && printf '\\n%s' "$HOME"`);
      if (exitCode !== 0)
        throw new DrillError(`${target} has no settings: ${stderr.trim()}\n  Deploy the stack hosts first`);
      const [home = ""] = stdout.split("\n").slice(-1);
      const settings = parseSettings(target, stdout.slice(0, -home.length));
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

  shell(script: string, options: Pick<ProgramOptions, "input" | "timeoutSeconds"> = {}): Promise<ProgramResult> {
    return this.connection.shell(script, options);
  }

  /** Lets a process that is no agent end with them when the host is lost. */
  endsWithHost(pid: number): void {
    this.others.push(pid);
  }

  async lose(): Promise<number> {
    const { primaryOnlyAgents, programs } = this.settings;
    const labels = [...(await listInstalledAgents(this)), ...primaryOnlyAgents];
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
    const script = loadScript(place, await listInstalledAgents(this), primaryOnlyAgents);
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
function parseSettings(target: string, text: string): HostSettings {
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

/** The domain of the user's login session, in which the agents are; SSH's own is another. */
const domain = '"gui/$(id -u)"';

interface Loss {
  readonly launchctl: string;
  readonly node: string;
  readonly labels: readonly string[];
  /** Processes that are no agents, and end with them. */
  readonly others: readonly number[];
}

/** Stops processes, and says when that was. */
const stopAll =
  'for (const pid of process.argv.slice(1)) try { process.kill(Number(pid), "SIGSTOP") } catch {}; console.log("lost at " + Date.now())';

/**
 * A script that ends agents as a power cut does: all their processes stand still first, so that none can act on a signal or on the
 * end of another; then they are unloaded, so that launchd starts none of them again; then they are killed.
 *
 * It prints `lost at MILLISECONDS`. Its exit code is 1 when an agent is still loaded, which it names.
 */
function lossScript({ labels, launchctl, node, others }: Loss): string {
  const all = labels.map(quoteForShell).join(" ");
  return `launchctl=${quoteForShell(launchctl)}
roots="${others.join(" ")} $(for label in ${all}; do
  "$launchctl" print ${domain}/"$label" 2> /dev/null | sed -n 's/^[[:space:]]*pid = \\([0-9]*\\)$/\\1/p' | head -n 1
done | tr '\\n' ' ')"
processes=$(ps -A -o pid=,ppid= | awk -v roots="$roots" '
  { children[$2] = children[$2] " " $1 }
  END { n = split(roots, queue, " "); for (i = 1; i <= n; i++) { print queue[i]; m = split(children[queue[i]], more, " "); for (j = 1; j <= m; j++) queue[++n] = more[j] } }')
${quoteForShell(node)} -e ${quoteForShell(stopAll)} $processes
for label in ${all}; do "$launchctl" bootout ${domain}/"$label" > /dev/null 2>&1 & done
sleep 1
test -z "$processes" || kill -KILL $processes 2> /dev/null
wait
left=0
for label in ${all}; do
  attempt=0
  while "$launchctl" print ${domain}/"$label" > /dev/null 2>&1; do
    attempt=$((attempt + 1))
    if [ "$attempt" -ge 20 ]; then echo "$label is still loaded"; left=1; break; fi
    sleep 0.5
  done
done
exit $left`;
}

/**
 * A script that loads agents as a login does. Unloading ends after launchctl says so, so loading is tried again for a while. What only
 * the primary runs is tried once: it may be disabled, and is then the lease agent's to start. Its exit code is 1 when an agent of the
 * first kind is not loaded, which it names.
 */
function loadScript(
  { launchctl, agentsDirectory }: { readonly launchctl: string; readonly agentsDirectory: string },
  labels: readonly string[],
  primaryOnly: readonly string[],
): string {
  return `launchctl=${quoteForShell(launchctl)}
load() { message=$("$launchctl" bootstrap ${domain} ${quoteForShell(agentsDirectory)}/"$1".plist 2>&1); }
left=0
for label in ${labels.map(quoteForShell).join(" ")}; do
  attempt=0
  until load "$label" || "$launchctl" print ${domain}/"$label" > /dev/null 2>&1; do
    attempt=$((attempt + 1))
    if [ "$attempt" -ge 20 ]; then echo "$label: $message"; left=1; break; fi
    sleep 0.5
  done
done
for label in ${primaryOnly.map(quoteForShell).join(" ")}; do load "$label"; done
exit $left`;
}
