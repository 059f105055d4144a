import { createHash } from "node:crypto";
import { refusal } from "../../lib/refusal";
import { quoteForShell } from "../../lib/shell-quote";
import { type ScriptPath, shippedProgram } from "../../programs/bundle";
import type { FailoverNameSettings, HostSettings, PairedHost, Predecessor } from "../../programs/host/host-settings";
import { bothHosts, type HostPair, type PlacedHost, storeOf } from "./host-pair";
import { agentPropertyList, launchdAgents } from "./launchd-agents";
import { litestreamConfiguration } from "./litestream-configuration";
import { configurationPath, replicationPolicies, replicationProcess } from "./replication-policy";
import { inferenceUrl, tierRouting } from "./tier-routing";

/** The program that runs on the hosts, as one module. */
export interface BundledProgram {
  readonly text: string;
  readonly sha256: string;
}

/** Everything that is installed on a host: texts by path within the package. */
export interface HostPackage {
  /** Says which it is: the beginning of the hash of everything in it. @example "3f1c0a9b24d1e77a" */
  readonly id: string;
  /**
   * `install.sh`, `manifest.sha256`, `files/…` (copied below the root), `agents/<label>.plist`.
   */
  readonly files: ReadonlyMap<string, string>;
  /**
   * What is in it, a line each: the databases with their tier, and the files with the beginning of their hash, without the package's
   * name. So a review of two packages sees what changed.
   */
  readonly listing: string;
}

export interface HostPackageArgs {
  readonly pair: HostPair;
  readonly host: PlacedHost;
  readonly record: FailoverRecord;
  readonly bundle: BundledProgram;
  /** The vault that the host may read its own secrets from. @example "https://alai-prod-vault.vault.azure.net/" */
  readonly vaultUri: string;
}

/**
 * All files of a host, generated from the inventories. Nothing secret is among them.
 *
 * The manifest comes last and lists the others with their checksums; `install.sh` is not in it, because it bears the package's name.
 */
async function hostPackage(args: HostPackageArgs): Promise<HostPackage> {
  const { pair, host } = args;
  const content = new Map<string, string>([
    ...[...configurationFiles(args)].map(([path, text]): [string, string] => [`files/${path}`, text]),
    ...(await propertyLists(args)),
  ]);
  const settings = scriptSettings(pair, host);
  const scripts = {
    "install.sh": "programs/scripts/install.sh",
    "files/bin/uninstall": "programs/scripts/uninstall.sh",
  } as const;
  const unnamed = Object.entries(scripts).map(([path, script]): [string, string] => [
    path,
    shellScript(script, settings),
  ]);
  const listing = listingOf(pair, host, new Map([...content, ...unnamed]));
  const id = sha256(manifestOf(content) + unnamed.map(([, text]) => text).join("")).slice(0, 16);
  const named = { ...settings, PACKAGE: id };
  content.set("files/bin/uninstall", shellScript(scripts["files/bin/uninstall"], named));
  const manifest = manifestOf(content);
  const install = shellScript(scripts["install.sh"], named);
  return { id, files: new Map([...content, ["manifest.sha256", manifest], ["install.sh", install]]), listing };
}

function listingOf(pair: HostPair, host: PlacedHost, files: ReadonlyMap<string, string>): string {
  const { databases } = pair;
  const lines = [
    ...predecessorsOf(pair, host).map(({ label }) => `predecessor ${label} · goes on until a person replaces it there`),
    ...databases.map(({ name, tier }) => `database ${name} · ${tier}`),
    ...[...files].map(([path, text]) => `file ${path} · ${sha256(text).slice(0, 12)}`),
  ];
  return `${lines.sort().join("\n")}\n`;
}

/** What lies below the root, but for the scripts that bear the package's name. */
function configurationFiles(args: HostPackageArgs): ReadonlyMap<string, string> {
  const { pair, host, record, bundle } = args;
  const policies = replicationPolicies(pair.databases);
  const kits = pair.laptops.flatMap((laptop): [string, string][] => [
    [`kits/${laptop.name}/etc/host.json`, json(hostSettings(pair, laptop, record))],
    [`kits/${laptop.name}/bin/failover`, failoverScript(pair)],
    [`kits/${laptop.name}/bin/bootstrap-secrets`, bootstrapScript(args, laptop)],
  ]);
  return new Map([
    ["lib/host.mjs", bundle.text],
    ["etc/host.json", json(hostSettings(pair, host, record))],
    ["etc/tier-routing.json", json(tierRouting(pair, host))],
    ...policies.map((policy): [string, string] => [
      configurationPath(policy),
      litestreamConfiguration(host, policy, storeOf(pair, host)),
    ]),
    ["bin/failover", failoverScript(pair)],
    ["bin/bootstrap-secrets", bootstrapScript(args, host)],
    ...kits,
  ]);
}

async function propertyLists({ pair, host, record, bundle }: HostPackageArgs): Promise<[string, string][]> {
  const settings = hostSettings(pair, host, record);
  const litestream = Object.fromEntries(
    replicationPolicies(pair.databases).map((policy) => [
      policy.name,
      litestreamConfiguration(host, policy, storeOf(pair, host)),
    ]),
  );
  const agents = launchdAgents(settings, {
    bundleSha256: bundle.sha256,
    litestream,
    tierRouting: json(tierRouting(pair, host)),
  });
  return Promise.all(
    agents.map(
      async (agent): Promise<[string, string]> => [
        `agents/${agent.label}.plist`,
        await agentPropertyList(settings, agent),
      ],
    ),
  );
}

function failoverScript({ software }: HostPair): string {
  return shellScript("programs/scripts/failover.sh", { NODE: software.programs.node });
}

function bootstrapScript({ pair, vaultUri }: HostPackageArgs, host: PlacedHost): string {
  return shellScript("programs/scripts/bootstrap-secrets.sh", {
    ...scriptSettings(pair, host),
    VAULT_URI: vaultUri,
    LOGIN_URI: pair.loginUri,
  });
}

/** What ran on a host before. */
function predecessorsOf({ software }: HostPair, host: PlacedHost): readonly Predecessor[] {
  const own = (software.predecessors ?? []).filter(({ host: name }) => name === host.name);
  return own.map(({ label, does }) => ({ label, does }));
}

function scriptSettings(pair: HostPair, host: PlacedHost): Readonly<Record<string, string>> {
  const { programs } = pair.software;
  return {
    HOST_NAME: host.name,
    HOME_DIRECTORY: host.home,
    ROOT: host.root,
    AGENTS_DIRECTORY: `${host.home}/Library/LaunchAgents`,
    NODE: programs.node,
    LITESTREAM: programs.litestream,
    SQLITE3: programs.sqlite3,
    LAUNCHCTL: programs.launchctl,
    PREDECESSORS: predecessorsOf(pair, host)
      .map(({ label }) => label)
      .join(" "),
  };
}

/** As `shasum` writes and checks it. */
function manifestOf(files: ReadonlyMap<string, string>): string {
  return [...files]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([path, text]) => `${sha256(text)}  ${path}\n`)
    .join("");
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The packages of both hosts. */
export async function hostPackages(args: Omit<HostPackageArgs, "host">): Promise<ReadonlyMap<string, HostPackage>> {
  const packages = bothHosts(args.pair).map(
    async (host): Promise<[string, HostPackage]> => [host.name, await hostPackage({ ...args, host })],
  );
  return new Map(await Promise.all(packages));
}

/**
 * A shell script with those of the settings that it uses: assignments right after the first line, so that the rest can be read
 * and checked as it is.
 *
 * @throws when a name is no shell variable
 */
function shellScript(script: ScriptPath, settings: Readonly<Record<string, string>>): string {
  const text = shippedProgram(script).text;
  const end = text.indexOf("\n") + 1;
  const used = Object.entries(settings).filter(([name]) => new RegExp(`\\b${name}\\b`).test(text));
  return `${text.slice(0, end)}${used.map(assignment).join("")}${text.slice(end)}`;
}

function assignment([name, value]: readonly [string, string]): string {
  if (!/^[A-Z][A-Z0-9_]*$/.test(name))
    throw refusal(`variable "${name}"`, ["it is no shell variable; use capitals, digits and _"]);
  return `${name}=${quoteForShell(value)}\n`;
}

/** The text as one word of a POSIX shell, whatever is in it. @example quoteForShell("it's") // 'it'\''s' */

/** The record that a failover switches, as its stack knows it. */
type FailoverRecord = Omit<FailoverNameSettings, "api">;

/** What a host's settings file says. The same for both hosts but for where things lie. */
function hostSettings(pair: HostPair, host: PlacedHost, record: FailoverRecord): HostSettings {
  const { software } = pair;
  const { labelPrefix, primaryOnlyAgents, programs } = software;
  return {
    host: host.name,
    root: host.root,
    labelPrefix,
    agentsDirectory: `${host.home}/Library/LaunchAgents`,
    hosts: bothHosts(pair).map(pairedHost),
    store: storeOf(pair, host),
    replication: replicationPolicies(pair.databases).map((policy) => replicationProcess(host, policy)),
    primaryOnlyAgents,
    health: { port: host.healthPort },
    inference: inferenceSettings(pair, host),
    failoverName: { ...record, api: pair.cloudflareApi },
    programs,
    timing: pair.timing,
    leftovers: { asideDays: software.asideDays },
    predecessors: predecessorsOf(pair, host),
  };
}

function pairedHost({ name, address, role, healthPort }: PlacedHost): PairedHost {
  const intendedRole = role === "primary" ? "primary" : "standby";
  return { name, address, intendedRole, healthUrl: `http://${address}:${healthPort}/health` };
}

function inferenceSettings(pair: HostPair, host: PlacedHost): HostSettings["inference"] {
  const { everySeconds, timeoutSeconds, healthPath, routerFile, healthFile } = pair.software.inference;
  const servers = bothHosts(pair).map((server) => ({
    host: server.name,
    url: inferenceUrl(pair, server, host),
    healthPath,
  }));
  return {
    ...{ everySeconds, timeoutSeconds, servers },
    ...(routerFile !== undefined && { routerFile: `${host.root}/${routerFile}` }),
    ...(healthFile !== undefined && { healthFile }),
  };
}
