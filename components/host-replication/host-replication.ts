import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Command, type CommandArgs } from "@pulumi/command/remote/command";
import { CopyToRemote, type CopyToRemoteArgs } from "@pulumi/command/remote/copyToRemote";
import type { input } from "@pulumi/command/types";
import * as pulumi from "@pulumi/pulumi";
import { refusal, refuse } from "../../lib/refusal";
import { quoteForShell } from "../../lib/shell-quote";
import { stateful } from "../adoption/resource-options";
import type { StackContext } from "../context/stack-context";
import { type Transform, transformed } from "../transform/transform";
import { type BundledProgram, type HostPackage, hostPackages } from "./host-package";
import { bothHosts, type HostPair, type PlacedHost } from "./host-pair";
import type { ReplicatedDatabase } from "./schema";

export interface HostReplicationArgs {
  readonly context: StackContext;
  /** The two hosts, what runs on them, what they replicate and where to. See {@link hostPair}. */
  readonly pair: HostPair;
  /** The record that a failover switches. */
  readonly record: {
    readonly hostname: string;
    readonly zoneId: pulumi.Input<string>;
    readonly recordId: pulumi.Input<string>;
    readonly ttlSeconds: number;
  };
  /** The program that runs on the hosts. */
  readonly bundle: BundledProgram;
  /** The vault that each host may read its own secrets from. */
  readonly vaultUri: pulumi.Input<string>;
  readonly ssh: {
    /** SSH user, unless `hostPlaces.<host>.sshUser` is set. Files go below this user's home. */
    readonly user: pulumi.Input<string>;
    /** Default: the SSH agent of whoever deploys. */
    readonly privateKey?: pulumi.Input<string> | undefined;
  };
  readonly transform?: { readonly copy?: Transform<CopyToRemoteArgs>; readonly command?: Transform<CommandArgs> };
}

/** Seconds for one attempt, and attempts: a host that is away is told of within half a minute. */
const dialSeconds = 8;
const dialErrors = 2;

/**
 * Replication, standby and failover on a pair of hosts: Litestream configurations (one process per retention), launchd agents, the
 * program they run, and the scripts around it, installed over SSH.
 *
 * - Both hosts get everything. Which one is primary is the lease's to say, at run time: installing never moves a role.
 * - A changed package is copied and installed once. A changed connection is noted, and running the installation again changes nothing.
 * - A host that is away fails alone: the other host's resources do not depend on it (see `installsOnMachines` in the stack registry).
 * - No secret passes through here: each host gets its own by `bin/bootstrap-secrets` (docs/host-secrets.md).
 * - Taken away, agents are stopped and removed; databases, state and secrets stay.
 * - Each database is a component of its own: what nobody said leaves does not vanish inside a package.
 *
 * @example
 * ```ts
 * new HostReplication("replication", { context, pair, record, bundle: shippedProgram("programs/host/main.ts"), vaultUri, ssh: { user: "operator" } });
 * ```
 */
export class HostReplication extends pulumi.ComponentResource {
  /** The installed package of each host, by name: what runs there. */
  readonly packages: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: HostReplicationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:host-replication:HostReplication", name, {}, opts);
    refuseUnknownHosts(name, args.pair);
    const packages = pulumi
      .all([args.record.zoneId, args.record.recordId, args.vaultUri])
      .apply(([zoneId, recordId, vaultUri]) => {
        const { pair, bundle } = args;
        return hostPackages({ pair, bundle, vaultUri, record: { ...args.record, zoneId, recordId } });
      });
    for (const host of bothHosts(args.pair))
      this.install(
        name,
        args,
        host,
        packages.apply((all) => ofHost(all, host)),
      );
    for (const database of args.pair.databases) new HostDatabase(database, args.context, this);
    this.packages = packages.apply((all) => Object.fromEntries([...all].map(([host, { id }]) => [host, id])));
    this.registerOutputs({ packages: this.packages });
  }

  /** One after the other: make room, copy, install. */
  private install(
    name: string,
    args: HostReplicationArgs,
    host: PlacedHost,
    content: pulumi.Output<HostPackage>,
  ): void {
    const connection = connectionOf(args, host);
    const logicalName = `${name}-${host.name}`;
    const incoming = `${host.root}/incoming`;
    const { copy, command } = args.transform ?? {};

    // The provider makes the last directory of a path and no other.
    const room: CommandArgs = { connection, create: `umask 077 && mkdir -p ${quoteForShell(incoming)}` };
    const prepared = new Command(...transformed(command, `${logicalName}-room`, room, { parent: this }));

    const source = content.apply((files) => new pulumi.asset.FileArchive(writePackage(host.name, files)));
    const copied = new CopyToRemote(
      ...transformed<CopyToRemoteArgs>(
        copy,
        logicalName,
        { connection, source, remotePath: incoming },
        { parent: this, dependsOn: [prepared] },
      ),
    );

    // The package's name is in the command, so another package is another command. Not `triggers`: those would replace the resource,
    // and the old one's `delete` would then take away what the new one had installed.
    const install = content.apply(
      (files) => `sh ${quoteForShell(`${incoming}/${packageName(host.name, files)}/install.sh`)}`,
    );
    // The script reads no standard input: a preview shows by it which databases and files change.
    const stdin = content.apply(({ listing }) => listing);
    const uninstall = content.apply(({ id }) => uninstallCommand(host, id));
    new Command(
      ...transformed<CommandArgs>(
        command,
        logicalName,
        { connection, create: install, update: install, delete: uninstall, stdin, addPreviousOutputInEnv: false },
        { parent: this, dependsOn: [copied] },
      ),
    );
  }
}

/** A replicated database, as plans show it. Its file and its replica stay where they are when it leaves. */
class HostDatabase extends pulumi.ComponentResource {
  constructor({ name, retired }: ReplicatedDatabase, context: StackContext, parent: HostReplication) {
    const options = { parent, ...stateful(context, retired), retainOnDelete: true };
    super("landscape:host-replication:HostDatabase", name, {}, options);
    this.registerOutputs();
  }
}

/**
 * @throws when a host's key is not known: whoever answers at its address would be taken for it, be given the program and asked to
 * install it, and could pass the login on
 */
function refuseUnknownHosts(name: string, pair: HostPair): void {
  const problems = bothHosts(pair)
    .filter(({ ssh }) => ssh.hostKey === undefined)
    .map(
      ({ name: host, ssh, address }) =>
        `${host} has no sshHostKey in hosts.yaml, so nothing is installed there; fetch it once, on a network that you trust: ssh-keyscan -t ed25519 -p ${ssh.port} ${address} | cut -d' ' -f2-, and compare it with what the host itself says: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`,
    );
  refuse(`HostReplication "${name}"`, problems, pair);
}

function ofHost(packages: ReadonlyMap<string, HostPackage>, { name }: PlacedHost): HostPackage {
  const found = packages.get(name);
  if (found === undefined) throw refusal(`host "${name}"`, ["no package was made for it"]);
  return found;
}

/** What was installed takes itself away, unless something else is installed by now. */
function uninstallCommand({ root }: PlacedHost, id: string): string {
  const script = quoteForShell(`${root}/bin/uninstall`);
  return `if [ -x ${script} ]; then ${script} ${id}; fi`;
}

function connectionOf(args: HostReplicationArgs, { address, ssh }: PlacedHost): input.remote.ConnectionArgs {
  return {
    host: address,
    port: ssh.port,
    user: ssh.user ?? args.ssh.user,
    ...(args.ssh.privateKey === undefined ? {} : { privateKey: pulumi.secret(args.ssh.privateKey) }),
    ...(ssh.hostKey === undefined ? {} : { hostKey: ssh.hostKey }),
    perDialTimeout: dialSeconds,
    dialErrorLimit: dialErrors,
  };
}

const cacheDirectory = join(dirname(dirname(__dirname)), "node_modules", ".cache", "host-packages");

/** Longer than any deployment takes. */
const keptMilliseconds = 24 * 3600 * 1000;

/** The name of the package's directory, here and on the host. */
function packageName(hostName: string, { id }: HostPackage): string {
  return `${hostName}-${id}`;
}

/**
 * Writes a package as files, for a provider that copies directories. The name says what is in it, so what is there is as it should be.
 *
 * @param directory where packages are kept. Default: `node_modules/.cache/host-packages`
 * @returns the package's directory, relative to the working directory: a state is the same on every machine
 */
export function writePackage(hostName: string, content: HostPackage, directory = cacheDirectory): string {
  const target = join(directory, packageName(hostName, content));
  if (!existsSync(target)) {
    const draft = `${target}.${process.pid}.new`;
    for (const [path, text] of content.files) {
      const file = join(draft, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    place(draft, target);
  }
  const now = machineTime();
  utimesSync(target, now, now);
  clearUp(directory, now);
  return relative(process.cwd(), target);
}

/** The time of the machine's clock, even in a process that runs as if on another date: other processes use the same packages. */
function machineTime(): Date {
  return new Date(performance.timeOrigin + performance.now());
}

/** Packages are megabytes. One that is still wanted is written again. */
function clearUp(directory: string, now: Date): void {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const age = now.getTime() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now.getTime());
    if (age > keptMilliseconds) rmSync(path, { recursive: true, force: true });
  }
}

/** Two processes may write one package at once; the second finds it there. */
function place(draft: string, target: string): void {
  try {
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
}
