import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { SandboxStack } from "../../../sandbox/project/sandbox-stack";
import { openWorld } from "../../../sandbox/world/open-world";
import { DrillError } from "../../programs/drill-error";
import { runProgram } from "../../programs/run-program";
import type { UpResult } from "../drill-site";
import type { DeployedHosts } from "./deployed-hosts";
import { hostPlaces, type LocalHostPlan, type LocalPlan } from "./local-plan";
import { ProjectCopy } from "./project-copy";

/** Opens the stand-in for Cloudflare's API; means nothing anywhere else. */
const dnsToken = "drill-token-of-the-dns-stand-in";
const unexpectedChanges = 7;

const resourceSchema = z.looseObject({
  type: z.string(),
  urn: z.string(),
  inputs: z.record(z.string(), z.unknown()).optional(),
});
const deploymentSchema = z.looseObject({
  deployment: z.looseObject({ resources: z.array(resourceSchema).optional() }),
});

const fileKind = "command:index/file:File";

/** What the stack leaves on a host and runs there. */
interface Installation {
  /** Texts by absolute path. */
  readonly files: ReadonlyMap<string, string>;
  readonly commands: readonly string[];
}

/**
 * Deploys the hosts stack, and the stack it reads from, in a copy of the project and a sandbox of its own. What the copy says
 * differently is where the hosts are: `landscape:hostPlaces`.
 *
 * @throws {DrillError} when a stack cannot be deployed
 */
export async function deployHosts(plan: LocalPlan, say: (line: string) => void): Promise<DeployedHosts> {
  const copy = new ProjectCopy(join(plan.directory, "project"), plan.started);
  copy.edit<{ config: Record<string, unknown> }>("Pulumi.hosts.yaml", ({ config }) => {
    config["landscape:hostPlaces"] = hostPlaces(plan);
  });
  await addHostsToWorld(copy, plan);
  for (const stack of ["prod", "hosts"]) {
    say(`up of ${stack} in the drill's own sandbox`);
    const { exitCode, stdout, stderr } = await copy.command("up", "--stack", stack, "--yes", "--skip-preview");
    if (exitCode !== 0) throw new DrillError(`${stack} cannot be deployed, exit code ${exitCode}:\n${stdout}${stderr}`);
  }
  const installations = {
    anvil: await installationOf(copy, plan.anvil),
    forge: await installationOf(copy, plan.forge),
  };
  return {
    dnsToken,
    stateDirectory: copy.sandboxDirectory,
    rootOf: (home) => join(home, "system"),
    install: (host) => install(host, installations[host.name], plan.started),
    up: () => up(copy),
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
async function installationOf(copy: ProjectCopy, { name, home }: LocalHostPlan): Promise<Installation> {
  const stack = await SandboxStack.open({ directory: copy.directory, stack: "hosts", policyPacks: [] });
  const state = deploymentSchema.parse(await stack.exportedState());
  await stack.close();
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
  { files, commands }: Installation,
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

async function up(copy: ProjectCopy): Promise<UpResult> {
  const { exitCode, stdout, stderr } = await copy.command("up", "--stack", "hosts", "--yes", "--expect-no-changes");
  return { exitCode, unchanged: exitCode === 0, said: exitCode === unexpectedChanges ? stdout : `${stdout}${stderr}` };
}
