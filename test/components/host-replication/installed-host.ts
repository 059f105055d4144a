import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { BundledProgram, HostPackage } from "../../../components/host-replication/host-package";
import { executableOnPath } from "../../../operations/programs/external-program";
import type { AlaiInventory } from "../../../stacks/alai/inventory";
import { samplePackages, samplePair } from "./sample-pair";

/** launchctl as the scripts see it: a file for each loaded agent, a line for each call that changes something. */
const launchctl = (state: string) => `#!/bin/sh
label=\${2##*/}
case $1 in
  print) [ -f "${state}/loaded/$label" ] || exit 113 ;;
  bootout)
    [ -f "${state}/loaded/$label" ] || exit 3
    echo "bootout $label" >>"${state}/calls"
    rm -f "${state}/loaded/$label" ;;
  bootstrap)
    label=\${3##*/}
    label=\${label%.plist}
    if [ -f "${state}/refuses" ]; then echo "Bootstrap failed: 125: Domain does not support specified action" >&2; exit 125; fi
    # The first try after an unloading comes too early, as it often does.
    if [ -f "${state}/late" ]; then rm "${state}/late"; echo "Bootstrap failed: 5: Input/output error" >&2; exit 5; fi
    echo "bootstrap $label" >>"${state}/calls"
    : >"${state}/loaded/$label" ;;
esac
`;

export interface ScriptRun {
  readonly status: number | null;
  readonly output: string;
}

/** A directory that is forge's home, with programs that do nothing. */
export class InstalledHost {
  readonly home = mkdtempSync(join(tmpdir(), "host-"));
  readonly root = join(this.home, "system");
  readonly agents = join(this.home, "Library", "LaunchAgents");
  readonly #state = join(this.home, "launchctl");

  /**
   * @param loginUri where identities get their tokens
   * @param vaultUri where secrets are
   */
  constructor(
    private readonly loginUri = "http://127.0.0.1:9",
    private readonly vaultUri = "http://127.0.0.1:9/",
  ) {
    mkdirSync(join(this.#state, "loaded"), { recursive: true });
    this.#program("launchctl", launchctl(this.#state));
    for (const name of ["litestream", "sqlite3"]) this.#program(name, "#!/bin/sh\n");
  }

  get #path(): string {
    return `${join(this.home, "programs")}:${process.env.PATH ?? ""}`;
  }

  get places() {
    const program = (name: string) => join(this.home, "programs", name);
    return {
      hosts: { forge: { home: this.home } },
      programs: {
        litestream: program("litestream"),
        sqlite3: program("sqlite3"),
        launchctl: program("launchctl"),
        node: process.execPath,
      },
      loginUri: this.loginUri,
    };
  }

  /** Puts a package where a deployment copies it. */
  async receive(change?: BundledProgram, databases?: AlaiInventory["databases"]): Promise<HostPackage> {
    const found = (await samplePackages(samplePair(this.places, databases), change, this.vaultUri)).get("forge");
    if (found === undefined) throw new Error("forge has a package");
    for (const [path, text] of found.files) this.write(`system/incoming/forge-${found.id}/${path}`, text);
    return found;
  }

  install({ id }: HostPackage, attempts = 2): ScriptRun {
    return this.run(join(this.root, "incoming", `forge-${id}`, "install.sh"), [], "", {
      LOAD_ATTEMPTS: String(attempts),
    });
  }

  /** Runs a script, with text on its standard input. */
  run(script: string, args: readonly string[] = [], input = "", environment: Record<string, string> = {}): ScriptRun {
    const env = { PATH: this.#path, HOME: this.home, ...environment };
    const { status, stdout, stderr } = spawnSync("sh", [script, ...args], { input, env, encoding: "utf8" });
    return { status, output: `${stdout}${stderr}` };
  }

  /** The same without blocking this process, which may have to answer it. */
  runBeside(script: string, args: readonly string[]): Promise<ScriptRun> {
    const env = { PATH: this.#path, HOME: this.home };
    return new Promise((resolve) => {
      const child = spawn("sh", [script, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
      const chunks: Buffer[] = [];
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      child.on("close", (status) => resolve({ status, output: Buffer.concat(chunks).toString() }));
    });
  }

  /** What launchctl was asked to change since the last time. */
  calls(): readonly string[] {
    const file = join(this.#state, "calls");
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, "utf8").trim().split("\n");
    rmSync(file);
    return lines;
  }

  loaded(): readonly string[] {
    return readdirSync(join(this.#state, "loaded")).sort();
  }

  /** An agent that is gone without anybody having asked. */
  lose(label: string): void {
    rmSync(join(this.#state, "loaded", label));
  }

  /** How launchctl behaves next. */
  launchctlIs(how: "late" | "refuses" | "works"): void {
    rmSync(join(this.#state, "refuses"), { force: true });
    if (how !== "works") writeFileSync(join(this.#state, how), "");
  }

  write(path: string, text: string): void {
    const file = join(this.home, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  read(path: string): string {
    return readFileSync(join(this.home, path), "utf8");
  }

  makeExecutable(path: string): void {
    chmodSync(join(this.home, path), 0o755);
  }

  makePrivate(path: string): void {
    chmodSync(join(this.home, path), 0o600);
  }

  /** Puts a program before the real one that writes down its arguments to `arguments` in the home directory. */
  recordArguments(name: string): void {
    const real = executableOnPath(name);
    this.#program(name, `#!/bin/sh\nprintf '%s\\n' "$@" >>"${join(this.home, "arguments")}"\nexec ${real} "$@"\n`);
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  #program(name: string, text: string): void {
    this.write(`programs/${name}`, text);
    this.makeExecutable(`programs/${name}`);
  }
}
