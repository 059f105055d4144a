import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { shippedProgram } from "../../programs/bundle";
import {
  type FailoverOptionName,
  failoverOptionRows,
  type failoverOptions,
} from "../../programs/host/failover/failover-options";
import { allHosts, type SystemHosts } from "../../stacks/system-hosts";
import type { HostsStatus } from "../status/stack-status";
import { readHostsByLease } from "./primary-address";
import { readLease } from "./read-lease";

/** This machine cannot order a failover: it has no settings. The message says how it gets them. */
export class NoHostSettings extends Error {
  override name = "NoHostSettings";
}

/** A host's or laptop's settings file, unless `--settings` names another. */
const usualSettings = join(homedir(), "system", "etc", "host.json");

/**
 * Runs the program that is installed on the hosts, built from this checkout, as a process of its own: what works here works there.
 *
 * @param args `failover` and its options, as the program takes them
 * @param settings this machine's settings file. Default: `~/system/etc/host.json`
 * @returns its exit code
 * @throws NoHostSettings
 */
export async function runHostProgram(args: readonly string[], settings = usualSettings): Promise<number> {
  if (!existsSync(settings)) {
    throw new NoHostSettings(
      `${settings} is not there: this machine cannot order a failover yet. Each host keeps a kit for it; fetch one while a host is up:\n` +
        `${allHosts().flatMap(fetchCommands).join("\n")}\n` +
        "and run ~/system/bin/bootstrap-secrets. Or name another file with --settings. docs/failover.md says more",
    );
  }
  const [command = "", ...options] = args;
  const child = spawn(
    process.execPath,
    [shippedProgram("programs/host/main.ts").file, command, "--settings", settings, ...options],
    {
      stdio: "inherit",
    },
  );
  // Interrupts reach the whole group: the program stops by itself and says how it goes on.
  const [code] = await once(child, "exit");
  return typeof code === "number" ? code : 1;
}

const hostStatusSchema = z.object({
  lease: z.union([z.string(), z.object({ primary: z.string(), term: z.number() })]),
  hosts: z.record(z.string(), z.unknown()),
  problems: z.array(z.string()),
});

/**
 * What `failover status` says, by the same program; by the lease alone on a machine that has no settings to ask the hosts.
 *
 * @param settings this machine's settings file. Default: `~/system/etc/host.json`
 */
export async function readHosts(hosts: SystemHosts, settings = usualSettings): Promise<HostsStatus> {
  if (!existsSync(settings)) return readHostsByLease(readLease)(hosts);
  const { file } = shippedProgram("programs/host/main.ts");
  const answer = await new Promise<string>((resolve, reject) => {
    // It ends with another exit code than 0 when it found a problem.
    execFile(process.execPath, [file, "status", "--json", "--settings", settings], (error, stdout, stderr) => {
      if (stdout === "") reject(new Error(stderr.trim() || `status said nothing: ${error?.message ?? ""}`));
      else resolve(stdout);
    });
  });
  const { lease, hosts: answers, problems } = hostStatusSchema.parse(JSON.parse(answer));
  const { primary, term } = typeof lease === "string" ? { primary: "nobody", term: 0 } : lease;
  return { primary, term, hosts: answers, problems };
}

/** How each kind of client fetches its kit, from either host: into a directory that may be there already. */
function fetchCommands({ hosts, directory }: SystemHosts): string[] {
  const clients = hosts.filter(({ role, ordersFailovers }) => role === "client" && ordersFailovers);
  // The standby first: it is the one that is up when there is need.
  const keepers = ["standby", "primary"].flatMap((role) => hosts.filter((host) => host.role === role));
  return clients.flatMap(({ name }) =>
    keepers.map(
      (host) =>
        `  mkdir -p ~/system/lib && scp -r ${host.name}:${directory}/kits/${name}/. ~/system/ && ` +
        `scp ${host.name}:${directory}/lib/host.mjs ~/system/lib/`,
    ),
  );
}

/** The options as they were typed. Absent ones are the program's defaults. */
type TypedFailoverOptions = {
  readonly [N in FailoverOptionName]?: (typeof failoverOptions)[N]["takes"] extends "flag" ? boolean : string;
};

/** The options as arguments of the program on the hosts. */
export function failoverArguments(options: TypedFailoverOptions): readonly string[] {
  const args = failoverOptionRows.flatMap(({ name, flags }) => {
    const flag = flags.split(/[ ,]+/).find((part) => part.startsWith("--")) ?? "";
    const value = options[name];
    if (value === undefined || value === false) return [];
    return value === true ? [flag] : [flag, value];
  });
  return ["failover", ...args];
}
