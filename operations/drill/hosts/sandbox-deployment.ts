import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { readYaml } from "../../../lib/located-yaml/read-yaml";
import { SandboxStack } from "../../../sandbox/project/sandbox-stack";
import { openWorld } from "../../../sandbox/world/open-world";
import { DrillError, type ProgramResult, runProgram } from "../../programs/external-program";
import { copyProject } from "../../project-copy";
import type { UpResult } from "../drill-site";
import type { DrillRequest, DrillTarget } from "../run-drill";
import { hostPlaces, type LocalHostPlan, type LocalPlan } from "./local-plan";

/** Opens the fake of Cloudflare's API; means nothing anywhere else. */
const dnsToken = "drill-token-of-the-fake-dns-server";
const unexpectedChanges = 7;

const resourceSchema = z.looseObject({
  type: z.string(),
  urn: z.string(),
  inputs: z.record(z.string(), z.unknown()).optional(),
});
const deploymentSchema = z.looseObject({
  deployment: z.looseObject({ resources: z.array(resourceSchema).optional() }),
});

const stackFileSchema = z.looseObject({ config: z.record(z.string(), z.unknown()) });

const fileKind = "command:index/file:File";

/** What the stack leaves on a host and runs there. */
interface Installation {
  /** Texts by absolute path. */
  readonly files: ReadonlyMap<string, string>;
  readonly commands: readonly string[];
}

/**
 * Deploys the stack that installs on the hosts, and those that it reads from, in a copy of the project and a sandbox of its own. What the copy says
 * differently is where the hosts are: `landscape:hostPlaces`.
 *
 * @throws {DrillError} when a stack cannot be deployed
 */
export async function deployHosts(
  { stack: { name: hosts, readsFrom }, say }: Pick<DrillTarget, "stack"> & Pick<DrillRequest, "say">,
  plan: LocalPlan,
): Promise<DeployedHosts> {
  const stacks = [...readsFrom, hosts];
  const copy = new ProjectCopy(join(plan.directory, "project"), plan.started);
  copy.setConfiguration(hosts, "landscape:hostPlaces", hostPlaces(plan));
  await addHostsToWorld(copy, plan);
  for (const stack of stacks) {
    say(`up of ${stack} in the drill's own sandbox`);
    const { exitCode, stdout, stderr } = await copy.command("up", "--stack", stack, "--yes", "--skip-preview");
    if (exitCode !== 0) throw new DrillError(`${stack} cannot be deployed, exit code ${exitCode}:\n${stdout}${stderr}`);
  }
  const installations = new Map<string, Installation>();
  for (const host of [plan.anvil, plan.forge]) installations.set(host.name, await readInstallation(copy, hosts, host));
  return {
    dnsToken,
    stateDirectory: copy.sandboxDirectory,
    rootOf: (home) => join(home, plan.hostDirectory),
    install: (host) => install(host, installations.get(host.name), plan.started),
    up: () => up(copy, hosts),
  };
}

/** The hosts' loopback addresses, as reachable as the real hosts are. */
async function addHostsToWorld(copy: ProjectCopy, { anvil, forge }: LocalPlan): Promise<void> {
  const world = await openWorld(copy.sandboxDirectory);
  await world.transact((transaction) => {
    for (const { name, address } of [anvil, forge]) {
      const properties = { name: `drill-${name}`, addresses: [address], reachable: true };
      transaction.put({ cloud: "command", kind: "command:index/host:Host", id: `drill-${name}`, properties });
    }
  });
  world.close();
}

/** The files that were copied to a host are in the world, the commands that were run on it in the stack's state. */
async function readInstallation(
  copy: ProjectCopy,
  stack: string,
  { name, home }: LocalHostPlan,
): Promise<Installation> {
  const opened = await SandboxStack.open({ directory: copy.directory, stack, policyPacks: [] });
  const state = deploymentSchema.parse(await opened.exportedState());
  await opened.close();
  const commands = (state.deployment.resources ?? []).flatMap(({ type, urn, inputs = {} }) =>
    type === "command:remote:Command" && new RegExp(`::replication-${name}(-|$)`).test(urn)
      ? [String(inputs.create)]
      : [],
  );
  const world = await openWorld(copy.sandboxDirectory);
  const objects = await world.objects();
  world.close();
  const files = objects.flatMap(({ kind, properties: { path, text } }): [string, string][] =>
    kind === fileKind && typeof path === "string" && path.startsWith(`${home}/`) ? [[path, String(text)]] : [],
  );
  return { files: new Map(files), commands };
}

/** Does on this machine what the provider does over SSH: the files are there when the last command, which installs them, runs. */
async function install(
  { name, home }: LocalHostPlan,
  { files, commands }: Installation = { files: new Map(), commands: [] },
  onStart: LocalPlan["started"],
): Promise<void> {
  if (files.size === 0 || commands.length === 0) throw new DrillError(`the hosts stack installs nothing on ${name}`);
  for (const [path, text] of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  for (const command of commands) await runAsHost(home, name, command, onStart);
}

async function runAsHost(home: string, host: string, command: string, onStart: LocalPlan["started"]): Promise<void> {
  const environment = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", HOME: home, TMPDIR: "/tmp", LANG: "C" };
  const { exitCode, stdout, stderr } = await runProgram("/bin/sh", ["-c", command], {
    environment,
    directory: home,
    onStart,
  });
  if (exitCode !== 0)
    throw new DrillError(`${host}: "${command}" ended with exit code ${exitCode}:\n${stdout}${stderr}`);
}

async function up(copy: ProjectCopy, stack: string): Promise<UpResult> {
  const { exitCode, stdout, stderr } = await copy.command("up", "--stack", stack, "--yes", "--expect-no-changes");
  return { exitCode, unchanged: exitCode === 0, said: exitCode === unexpectedChanges ? stdout : `${stdout}${stderr}` };
}

/** The hosts stack, deployed in a sandbox of the drill's own, and what it installs. */
export interface DeployedHosts {
  /** Opens the fake of Cloudflare's API. */
  readonly dnsToken: string;
  /** Where the deployment keeps its state. */
  readonly stateDirectory: string;
  /** Where everything lies on a host with this home directory. */
  rootOf(home: string): string;
  /** Does on this machine what the deployment does over SSH: copies the package, and runs its commands as the host's user. */
  install(host: LocalHostPlan): Promise<void>;
  /** Deploys the stack again. */
  up(): Promise<UpResult>;
}

const repository = join(__dirname, "..", "..", "..");
/** This project in a directory of its own, so that a drill can say where its hosts are without touching the inventory. */
class ProjectCopy {
  /** @param started is told the process id of each command */
  constructor(
    readonly directory: string,
    private readonly started: (pid: number) => void,
  ) {
    copyProject(repository, directory);
  }

  setConfiguration(stack: string, key: string, value: unknown): void {
    const file = join(this.directory, `Pulumi.${stack}.yaml`);
    const content = readYaml({ file, schema: stackFileSchema, of: `the configuration of ${stack}` });
    writeFileSync(file, stringify({ ...content, config: { ...content.config, [key]: value } }));
  }

  /** Runs one of the project's commands on the copy, in the sandbox that lies in the directory. */
  command(...args: readonly string[]): Promise<ProgramResult> {
    const { CI: _ci, ...inherited } = process.env;
    return runProgram(process.execPath, [join(repository, "cli", "run.mjs"), ...args, "--cwd", this.directory], {
      directory: repository,
      onStart: this.started,
      environment: { ...inherited, NO_COLOR: "1", SANDBOX_DIRECTORY: this.sandboxDirectory },
      timeoutSeconds: 300,
    });
  }

  get sandboxDirectory(): string {
    return join(this.directory, ".sandbox");
  }
}
