import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { LaunchctlAnswer, Launchd } from "./launchd";
import { AgentDefinitionError, type RunningAgent } from "./running-agent";

const requestSchema = z.array(z.string());

/** Where programs of the user with this home reach launchd. */
function socketOf(home: string): string {
  return join(home, "launchd.sock");
}

/** Lets programs of a host call `launchctl`: {@link writeLaunchctl} hands their command line to this. */
export class LaunchctlServer {
  private constructor(
    private readonly server: Server,
    private readonly connections: Set<Socket>,
  ) {}

  /** @param home the user's home directory; short, because a socket's path may have 104 bytes */
  static async open(launchd: Launchd, home: string): Promise<LaunchctlServer> {
    const connections = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (connection) => {
      connections.add(connection);
      connection.on("close", () => connections.delete(connection));
      answer(launchd, connection);
    });
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(socketOf(home), resolve));
    return new LaunchctlServer(server, connections);
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function answer(launchd: Launchd, connection: Socket): void {
  // A caller that was killed meanwhile needs no answer.
  connection.on("error", () => {});
  let text = "";
  connection.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  connection.on("end", async () => {
    const args = requestSchema.parse(JSON.parse(text));
    connection.end(JSON.stringify(await answerLaunchctl(launchd, args)));
  });
}

/** Writes an executable that is a fake `/bin/launchctl`, for every user: which launchd it asks is decided by `HOME`. */
export function writeLaunchctl(path: string): void {
  const client = join(__dirname, "launchctl.mjs");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${client}' "$HOME/launchd.sock" "$@"\n`);
  chmodSync(path, 0o755);
}

/** Exit codes of macOS's launchctl. */
const notLoaded = 113;
const noSuchProcess = 3;
const alreadyLoaded = 37;
const isDisabled = 119;
const inputOutput = 5;
const usage = 64;

const signals: Readonly<Record<string, NodeJS.Signals>> = {
  "1": "SIGHUP",
  "9": "SIGKILL",
  "15": "SIGTERM",
  HUP: "SIGHUP",
  KILL: "SIGKILL",
  TERM: "SIGTERM",
  INT: "SIGINT",
  USR1: "SIGUSR1",
  USR2: "SIGUSR2",
};

/** Answers one `launchctl` command line. */
async function answerLaunchctl(launchd: Launchd, args: readonly string[]): Promise<LaunchctlAnswer> {
  const [verb, ...rest] = args;
  switch (verb) {
    case "bootstrap":
      return bootstrap(launchd, rest.slice(1));
    case "bootout":
      return bootout(launchd, rest);
    case "kickstart":
      return kickstart(launchd, rest);
    case "kill":
      return kill(launchd, rest);
    case "print":
      return print(launchd, rest[0] ?? "");
    case "list":
      return list(launchd, rest[0]);
    case "enable":
    case "disable":
      launchd.setDisabled(labelOf(rest[0] ?? ""), verb === "disable");
      return succeed();
    default:
      return failWith(usage, `the drill's fake launchd knows no launchctl ${args.join(" ")}`);
  }
}

async function bootstrap(launchd: Launchd, paths: readonly string[]): Promise<LaunchctlAnswer> {
  if (paths.length === 0) return failWith(usage, "Usage: launchctl bootstrap <domain-target> [path...]");
  for (const path of paths) {
    let agent: RunningAgent;
    try {
      agent = await launchd.read(path);
    } catch (error) {
      if (!(error instanceof AgentDefinitionError)) throw error;
      return failWith(inputOutput, `Bootstrap failed: 5: Input/output error\n${error.message}`);
    }
    const label = agent.definition.Label;
    if (launchd.isDisabled(label)) return failWith(isDisabled, "Bootstrap failed: 119: Service is disabled");
    if (launchd.agent(label)) return failWith(alreadyLoaded, "Bootstrap failed: 37: Operation already in progress");
    launchd.load(agent);
  }
  return succeed();
}

/** By service target, or by domain and the paths of property lists. */
async function bootout(launchd: Launchd, [target = "", ...paths]: readonly string[]): Promise<LaunchctlAnswer> {
  const labels = paths.length === 0 ? [labelOf(target)] : paths.flatMap((path) => labelsAt(launchd, path));
  const loaded = labels.filter((label) => launchd.agent(label) !== undefined);
  if (loaded.length === 0) return failWith(noSuchProcess, "Boot-out failed: 3: No such process");
  await Promise.all(loaded.map((label) => launchd.unload(label)));
  return succeed();
}

function labelsAt(launchd: Launchd, path: string): readonly string[] {
  return launchd.labels.filter((label) => launchd.agent(label)?.path === path);
}

function kickstart(launchd: Launchd, args: readonly string[]): LaunchctlAnswer {
  const label = labelOf(args.find((arg) => !arg.startsWith("-")) ?? "");
  const agent = launchd.agent(label);
  if (agent === undefined) return failAsNotLoaded(label);
  if (agent.pid === undefined) agent.start();
  else if (args.includes("-k")) restart(agent);
  return succeed(args.includes("-p") ? `${agent.pid ?? 0}\n` : "");
}

/** Like launchd, at once and not after the throttle interval. */
function restart(agent: RunningAgent): void {
  agent.whenEnded(() => agent.start());
  agent.signal("SIGKILL");
}

function kill(launchd: Launchd, [name = "", target = ""]: readonly string[]): LaunchctlAnswer {
  const label = labelOf(target);
  const agent = launchd.agent(label);
  const signal = signals[name.replace(/^SIG/, "")];
  if (agent === undefined) return failAsNotLoaded(label);
  if (signal === undefined) return failWith(usage, `unknown signal ${name}`);
  return agent.signal(signal) ? succeed() : failWith(noSuchProcess, "No process to signal.");
}

function print(launchd: Launchd, target: string): LaunchctlAnswer {
  const label = labelOf(target);
  const agent = launchd.agent(label);
  if (agent === undefined) return failAsNotLoaded(label);
  const lines = [
    `${target} = {`,
    `\tpath = ${agent.path}`,
    `\tstate = ${agent.pid === undefined ? "not running" : "running"}`,
    `\truns = ${agent.starts}`,
    ...(agent.pid === undefined ? [] : [`\tpid = ${agent.pid}`]),
    `\tlast exit code = ${agent.lastExit ?? "(never exited)"}`,
    "}",
  ];
  return succeed(`${lines.join("\n")}\n`);
}

function list(launchd: Launchd, only: string | undefined): LaunchctlAnswer {
  if (only !== undefined && launchd.agent(only) === undefined) return failAsNotLoaded(only);
  const rows = launchd.labels
    .filter((label) => only === undefined || label === only)
    .map((label) => `${launchd.agent(label)?.pid ?? "-"}\t0\t${label}`);
  return succeed(`${["PID\tStatus\tLabel", ...rows].join("\n")}\n`);
}

/** The label in `gui/501/label` or `user/501/label`. */
function labelOf(target: string): string {
  return /^(?:gui|user)\/\d+\/(.+)$/.exec(target)?.[1] ?? target;
}

function succeed(stdout = ""): LaunchctlAnswer {
  return { exitCode: 0, stdout, stderr: "" };
}

function failWith(exitCode: number, stderr: string): LaunchctlAnswer {
  return { exitCode, stdout: "", stderr: `${stderr}\n` };
}

function failAsNotLoaded(label: string): LaunchctlAnswer {
  return failWith(notLoaded, `Could not find service "${label}" in domain for user gui`);
}
