import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { LaunchctlServer, writeLaunchctl } from "../../../operations/drill/launchd/launchctl-server";
import { Launchd } from "../../../operations/drill/launchd/launchd";
import { freePort } from "../../../operations/programs/external-program";
import { shippedProgram } from "../../../programs/bundle";
import { readRole } from "../../../programs/host/lease/role-file";
import { inventory, samplePackages, samplePair } from "../../components/host-replication/sample-pair";
import { FakeBlobStore } from "./fake-blob-store";

export const label = "com.alai.litestream";
/** A database that both replicate. */
const database = { name: "tasks", tier: "P0-critical" } as const;

/** anvil with what replicates there today, below a fake launchd: the shipped package is installed on it by its own script. */
export class PredecessorHost {
  readonly home = mkdtempSync(join(tmpdir(), "pre-"));
  readonly root = join(this.home, "system");
  readonly agents = join(this.home, "Library", "LaunchAgents");
  readonly list = join(this.agents, `${label}.plist`);
  readonly kept = join(this.root, "replaced", `${label}.plist`);
  readonly store = new FakeBlobStore();
  private readonly launchd = new Launchd({ agentsDirectory: this.agents, home: this.home });
  private server: LaunchctlServer | undefined;

  /** @param hasPredecessor whether there is one, beside being in the inventory */
  static async begin(hasPredecessor = true): Promise<PredecessorHost> {
    const host = new PredecessorHost();
    mkdirSync(host.agents, { recursive: true });
    mkdirSync(join(host.root, "databases"), { recursive: true });
    writeFileSync(join(host.root, "databases", "tasks.db"), "rows");
    host.program("litestream", replicating(host.home, "ours"));
    host.program("sqlite3", "echo ok");
    writeLaunchctl(join(host.home, "bin", "real-launchctl"));
    host.program("launchctl", interruptible(host.home));
    // It takes a moment to end, as Litestream does, which sends the rest first.
    if (hasPredecessor) writeFileSync(host.list, propertyList(replicating(host.home, "theirs", "sleep 0.4")));
    host.server = await LaunchctlServer.open(host.launchd, host.home);
    await host.launchd.start();
    if (hasPredecessor) await until("theirs run", () => host.replicates("theirs"));
    return host;
  }

  /** Installs the package, as a deployment does. @returns what the script says */
  async install(): Promise<string> {
    const endpoint = await this.store.start();
    const at = (name: string): string => join(this.home, "bin", name);
    const places = {
      hosts: { anvil: { home: this.home, healthPort: await freePort() } },
      store: { account: "devstoreaccount1", endpoint },
      programs: {
        litestream: at("litestream"),
        sqlite3: at("sqlite3"),
        launchctl: at("launchctl"),
        node: process.execPath,
      },
      timing: { leaseSeconds: 0.2, confirmationSeconds: 5, stalledSeconds: 60 },
      primaryOnlyAgents: [],
      inference: { healthFile: join(this.home, "inference-health.json") },
    };
    const databases = { ...inventory.databases, databases: [database] };
    const pair = samplePair(places, databases);
    const content = (await samplePackages(pair, shippedProgram("programs/host/main.ts"))).get("anvil");
    if (content === undefined) throw new Error("anvil has a package");
    const directory = join(this.root, "incoming", `anvil-${content.id}`);
    for (const [path, text] of startedAtOnce(content.files)) write(join(directory, path), text);
    const { output } = await this.run("sh", join(directory, "install.sh"));
    return output;
  }

  /** Without them no agent of ours reaches the store. */
  giveSecrets(): void {
    writeFileSync(join(this.root, "etc", "secrets.env"), "LITESTREAM_AZURE_ACCOUNT_KEY=a2V5\n", { mode: 0o600 });
  }

  /** `bin/failover replace-predecessors …`. */
  replace(...options: readonly string[]): Promise<{ readonly status: number | null; readonly output: string }> {
    return this.run(
      "sh",
      join(this.root, "bin", "failover"),
      "replace-predecessors",
      "--yes",
      "--timeout",
      "20",
      ...options,
    );
  }

  /** The lease agent is killed when it asks launchd for this the next time: before it is done, or after. */
  dieAt(moment: "before" | "after", verb: string): void {
    writeFileSync(join(this.home, `die-${moment}`), verb);
  }

  /** launchd refuses this from now on; nothing: no more. */
  refuse(verb?: string): void {
    if (verb === undefined) rmSync(join(this.home, "refuse"), { force: true });
    else writeFileSync(join(this.home, "refuse"), verb);
  }

  /** Whether the moment has come that {@link dieAt} names. */
  hasDied(): boolean {
    return !existsSync(join(this.home, "die-before")) && !existsSync(join(this.home, "die-after"));
  }

  /** The machine loses power, and its user logs in again. */
  async restart(): Promise<void> {
    await this.launchd.crash();
    await this.launchd.start();
  }

  /** Ends an agent of ours for good, as a program that fails at once would be. */
  unload(name: string): Promise<void> {
    return this.launchd.unload(name);
  }

  replicates(whose: "ours" | "theirs"): boolean {
    const file = join(this.home, whose);
    if (!existsSync(file)) return false;
    try {
      process.kill(Number(readFileSync(file, "utf8")), 0);
      return true;
    } catch {
      return false;
    }
  }

  /** Who replicates: at most one of them. */
  who(): "ours" | "theirs" | "nobody" {
    if (this.replicates("ours")) return "ours";
    return this.replicates("theirs") ? "theirs" : "nobody";
  }

  /** Starts at which the other one ran. */
  both(): string {
    const file = join(this.home, "both");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  problem(): string | undefined {
    return readRole(this.root).problem;
  }

  async end(): Promise<void> {
    await this.launchd.crash();
    await this.server?.close();
    this.store.stop();
    rmSync(this.home, { recursive: true });
  }

  private program(name: string, script: string): void {
    write(join(this.home, "bin", name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(this.home, "bin", name), 0o755);
  }

  private run(...command: readonly string[]): Promise<{ readonly status: number | null; readonly output: string }> {
    const [program = "", ...args] = command;
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH, HOME: this.home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    return new Promise((resolve) => {
      child.on("close", (status) => resolve({ status, output: Buffer.concat(chunks).toString() }));
    });
  }
}

export async function until(what: string, isSo: () => boolean, seconds = 20): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !isSo(); ) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** launchd waits five seconds before it starts something again; here nobody has to. */
function startedAtOnce(files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const impatient = new Map(
    [...files].map(([path, text]) => [path, text.replace(/(<key>ThrottleInterval<\/key>\s*<integer>)5</, "$10<")]),
  );
  const lines = (files.get("manifest.sha256") ?? "").trim().split("\n");
  const manifest = lines.map((line) => {
    const [, path = ""] = line.split("  ");
    return `${createHash("sha256")
      .update(impatient.get(path) ?? "")
      .digest("hex")}  ${path}\n`;
  });
  return impatient.set("manifest.sha256", manifest.join(""));
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** What Litestream is here: it says that it has sent something, and notes when the other one runs as well. */
function replicating(home: string, whose: "ours" | "theirs", ending = ":"): string {
  const other = whose === "ours" ? "theirs" : "ours";
  return `trap '${ending}; exit 0' TERM
if kill -0 "$(cat ${home}/${other} 2>/dev/null)" 2>/dev/null; then echo ${whose} >> ${home}/both; fi
echo $$ > ${home}/${whose}
echo 'level=INFO msg="ltx file uploaded" db=tasks.db level=0 maxTXID=0000000000000001'
while :; do sleep 0.05; done`;
}

/** launchctl, with what {@link PredecessorHost.dieAt} and {@link PredecessorHost.refuse} ask for. */
function interruptible(home: string): string {
  return `is() { [ "$(cat ${home}/$1 2>/dev/null)" = "$2" ]; }
if is refuse "$1"; then echo "$1 failed: 5: Input/output error" >&2; exit 5; fi
if is die-before "$1"; then rm ${home}/die-before; kill -9 $PPID; exit 1; fi
${home}/bin/real-launchctl "$@"; code=$?
if is die-after "$1"; then rm ${home}/die-after; kill -9 $PPID; fi
exit $code`;
}

function propertyList(script: string): string {
  const text = script.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<?xml version="1.0"?><plist version="1.0"><dict><key>Label</key><string>${label}</string>
<key>ProgramArguments</key><array><string>/bin/sh</string><string>-c</string><string>${text}</string></array>
<key>RunAtLoad</key><true/><key>KeepAlive</key><true/><key>ThrottleInterval</key><integer>0</integer></dict></plist>`;
}
