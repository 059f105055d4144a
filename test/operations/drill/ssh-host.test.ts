import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { writeHostFile } from "../../../operations/drill/hosts/drill-agents";
import { readHostFile } from "../../../operations/drill/hosts/drill-host";
import { listLoadedAgents } from "../../../operations/drill/phases/host-agents";
import { SshHost } from "../../../operations/drill/real/ssh-host";
import { hostSettings } from "./host-settings-sample";

/** `ssh` as it is, but for the network: the last word is the command line that the other side's shell gets. */
const fakeSsh = `#!/bin/sh
echo "$*" >> "$DRILL_TEST_DIRECTORY/ssh-calls"
for word in "$@"; do last=$word; done
case $* in
  *"-O exit"*) exit 0 ;;
  *away*) echo "ssh: connect to host away port 22: Connection timed out" >&2; exit 255 ;;
  *stranger*) echo "stranger@anvil: Permission denied (publickey)." >&2; exit 255 ;;
  *new*) HOME=/nowhere exec /bin/sh -c "$last" ;;
esac
HOME="$DRILL_TEST_DIRECTORY/home it's" exec /bin/sh -c "$last"
`;
/** Agents are files that hold the id of their process. Unloading one asks it to end; the lease agent is loaded the second time only. */
const fakeLaunchctl = `#!/bin/sh
echo "$*" >> "$DRILL_TEST_DIRECTORY/launchctl-calls"
case $1 in
  bootstrap) label=\${3##*/}; label=\${label%.plist} ;;
  *) label=\${2##*/} ;;
esac
agent="$DRILL_TEST_DIRECTORY/loaded/$label"
case $1 in
  print) test -f "$agent" || exit 113; printf '%s = {\\n\\tstate = running\\n\\tpid = %s\\n}\\n' "$2" "$(cat "$agent")" ;;
  bootout) kill -TERM "$(cat "$agent")"; rm "$agent" ;;
  bootstrap)
    case $label in *lease)
      if [ ! -f "$DRILL_TEST_DIRECTORY/tried" ]; then : > "$DRILL_TEST_DIRECTORY/tried"; exit 37; fi ;;
    *orchestrator) exit 119 ;; *broken) echo "Bootstrap failed: 5: Input/output error" >&2; exit 5 ;; esac
    echo 999999999 > "$agent" ;;
  *) exit 64 ;;
esac
`;

let directory: string;
const path = process.env.PATH;
const root = () => join(directory, "home it's", "system");

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "ds-"));
  mkdirSync(join(root(), "etc"), { recursive: true });
  program("ssh", fakeSsh);
  program("launchctl", fakeLaunchctl);
  const settings = hostSettings({ root: root(), launchctl: join(directory, "bin", "launchctl") });
  writeFileSync(join(root(), "etc", "host.json"), JSON.stringify(settings, undefined, 2));
  process.env.PATH = `${join(directory, "bin")}:${path}`;
  process.env.DRILL_TEST_DIRECTORY = directory;
});

afterAll(() => {
  process.env.PATH = path;
  delete process.env.DRILL_TEST_DIRECTORY;
  rmSync(directory, { recursive: true });
});

function program(name: string, text: string): void {
  mkdirSync(join(directory, "bin"), { recursive: true });
  writeFileSync(join(directory, "bin", name), text);
  chmodSync(join(directory, "bin", name), 0o755);
}

function install(...labels: readonly string[]): void {
  const lines = labels.map((label) => `${"0".repeat(64)}  agents/${label}.plist\n`);
  writeFileSync(join(root(), "etc", "installed.sha256"), `${lines.join("")}${"0".repeat(64)}  files/etc/host.json\n`);
}

function load(label: string, pid: number): void {
  mkdirSync(join(directory, "loaded"), { recursive: true });
  writeFileSync(join(directory, "loaded", label), String(pid));
}

function calls(name: string): readonly string[] {
  return readFileSync(join(directory, `${name}-calls`), "utf8")
    .trim()
    .split("\n");
}

describe("a real host over SSH", () => {
  it("reads its settings, and takes scripts and files with any characters in them", async () => {
    const host = await SshHost.connect("operator@anvil", "system");
    expect(host.name).toBe("anvil");
    expect(host.recordDirectory).toBe(join(directory, "home it's", "landscape-drill"));
    const odd = `a 'quoted' "word" $HOME \`date\` \\ \n`;
    await writeHostFile(host, `${host.recordDirectory}/some file`, odd);
    expect(await readHostFile(host, `${host.recordDirectory}/some file`)).toBe(odd);
    expect(await host.shell("exit 3")).toMatchObject({ exitCode: 3 });
    await host.close();
  });

  it("never asks for a password, and says which host does not answer, and of what kind that is", async () => {
    await expect(SshHost.connect("away", "system")).rejects.toMatchObject({
      message: expect.stringMatching(/away.*timed out/s),
      reason: "timeout",
    });
    await expect(SshHost.connect("stranger@anvil", "system")).rejects.toMatchObject({
      message: expect.stringContaining("DRILL_SSH_USER"),
      reason: "authentication",
    });
    await expect(SshHost.connect("new", "system")).rejects.toThrow(/new has no settings.*Deploy the stack hosts/s);
    expect(calls("ssh").every((call) => !call.startsWith("-o") || call.startsWith("-o BatchMode=yes"))).toBe(true);
  });

  it("has the agents that its package installed, and none of others with the same prefix", async () => {
    install("no.alai.lease", "no.alai.follow");
    load("no.alai.lease", 4711);
    load("no.alai.tunnel", 4712);
    const host = await SshHost.connect("operator@anvil", "system");
    expect(await listLoadedAgents(host)).toEqual([{ label: "no.alai.lease", pid: 4711 }]);
    await host.close();
  });
});

describe("the loss of a real host", () => {
  const started: ChildProcess[] = [];
  let host: SshHost;

  beforeEach(async () => {
    rmSync(join(directory, "loaded"), { recursive: true, force: true });
    host = await SshHost.connect("operator@anvil", "system");
  });

  afterEach(async () => {
    await host.close();
    for (const child of started.splice(0)) child.kill("SIGKILL");
  });

  /** A process that notes a SIGTERM, and has a child. */
  async function running(): Promise<ChildProcess> {
    const script = `trap 'echo asked >> "$DRILL_TEST_DIRECTORY/asked"' TERM; sleep 60 & echo $!; while :; do wait; done`;
    const child = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
    started.push(child);
    if (child.stdout !== null) await once(child.stdout, "data");
    return child;
  }

  it("ends its agents, their children and the drill's writer at once, and unloads the agents", async () => {
    const [agent, orchestrator, writer, stranger] = await Promise.all([running(), running(), running(), running()]);
    const gone = Promise.all([agent, orchestrator, writer].map((child) => once(child, "exit")));
    install("no.alai.lease");
    load("no.alai.lease", agent.pid ?? 0);
    load("no.alai.orchestrator", orchestrator.pid ?? 0);
    load("no.alai.tunnel", stranger.pid ?? 0);
    host.endsWithHost(writer.pid ?? 0);
    const before = Date.now();
    const at = await host.lose();
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThan(Date.now() - 900);
    expect((await gone).map(([, signal]) => signal)).toEqual(["SIGKILL", "SIGKILL", "SIGKILL"]);
    expect(existsSync(join(directory, "asked"))).toBe(false);
    expect(existsSync(join(directory, "loaded", "no.alai.lease"))).toBe(false);
    expect(existsSync(join(directory, "loaded", "no.alai.orchestrator"))).toBe(false);
    expect(stranger.exitCode ?? stranger.signalCode).toBe(null);
    expect(host.isLost).toBe(true);
  });

  it("is over when every agent is loaded again, also one that launchd still unloads", async () => {
    install("no.alai.lease", "no.alai.follow");
    mkdirSync(join(directory, "loaded"));
    await host.lose();
    await host.comeBack();
    expect((await listLoadedAgents(host)).map(({ label }) => label)).toEqual(["no.alai.lease", "no.alai.follow"]);
    expect(host.isLost).toBe(false);
  });
});
