import { DnsRecord, type DnsRecordArgs } from "@pulumi/cloudflare/dnsRecord";
import * as pulumi from "@pulumi/pulumi";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { type RefusalReason, refuse } from "../../lib/refusal";
import { stateful } from "../adoption/resource-options";
import type { StackContext } from "../context/stack-context";
import { shortestTtl } from "../dns-zone/schema";
import { dnsRecordArgs } from "../dns-zone/zone-record";
import { type Transform, transformed } from "../transform/transform";
import { failoverNameSchema } from "./schema";

export interface FailoverNameArgs {
  readonly context: StackContext;
  /** The zone that holds the record. Its owner may be another stack. */
  readonly zone: { readonly id: pulumi.Input<string>; readonly domain: string };
  /** A name in the zone that the tailnet searches, so that the short name is enough. @example "net.alai.no" */
  readonly searchPath: string;
  /** The short name: one label. @example "primary" */
  readonly name: string;
  /** Names of the tailnet's devices. The tailnet's own names are searched first, so the name must not be one of them. */
  readonly deviceNames: readonly string[];
  /**
   * Where the name points until the first failover. Afterwards the address is runtime state: a failover changes it, and `up`
   * leaves it alone, also when this value changes.
   */
  readonly initialAddress: string;
  /** Seconds a client may go on using the old address: 60 to 300. Default: 60, the least Cloudflare allows. */
  readonly ttl?: number;
  readonly transform?: { readonly record?: Transform<DnsRecordArgs> };
}

/**
 * A stable name for "whichever host is primary". MagicDNS holds device names only, so this is a public DNS-only record with a tailnet
 * address, found under a search path of the tailnet. Whoever is not on the tailnet can read the address and cannot reach it.
 *
 * @example
 * ```ts
 * new FailoverName("primary", { context, zone, searchPath: "net.alai.no", name: "primary", deviceNames: ["anvil", "forge"], initialAddress: "100.103.49.98" });
 * ```
 */
export class FailoverName extends pulumi.ComponentResource {
  /** The absolute name, for example `primary.net.alai.no`. */
  readonly hostname: string;
  /** The record's id, which a failover needs to change it. */
  readonly recordId: pulumi.Output<string>;
  /** How long a client may go on using the old address, in seconds. */
  readonly ttlSeconds: number;
  /** Where the name points now. */
  readonly address: pulumi.Output<string>;

  constructor(name: string, args: FailoverNameArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:failover-name:FailoverName", name, {}, opts);
    refuseProblems(name, args);

    this.hostname = `${args.name}.${args.searchPath}`;
    this.ttlSeconds = args.ttl ?? shortestTtl;
    const recordArgs = dnsRecordArgs(args.zone.id, args.zone.domain, {
      type: "A",
      name: this.hostname,
      content: args.initialAddress,
      proxied: false,
      ttl: this.ttlSeconds,
      comment: "Changed by failovers, not by deployments",
    });
    const record = new DnsRecord(
      ...transformed(args.transform?.record, name, recordArgs, {
        parent: this,
        ignoreChanges: ["content"],
        ...stateful(args.context),
      }),
    );
    this.recordId = record.id;
    this.address = record.content.apply((content) => content ?? args.initialAddress);

    this.registerOutputs({ hostname: this.hostname, recordId: this.recordId, address: this.address });
  }
}

/** @throws with everything that is wrong with the arguments */
function refuseProblems(name: string, args: FailoverNameArgs): void {
  const problems: RefusalReason[] = [...argumentProblems(failoverNameSchema, { ...args, zone: args.zone.domain })];
  if (!args.searchPath.endsWith(`.${args.zone.domain}`)) {
    problems.push(`searchPath "${args.searchPath}" is not a subdomain of the zone ${args.zone.domain}`);
  }
  if (args.deviceNames.includes(args.name)) {
    problems.push(
      `name "${args.name}" is a device's name, which the tailnet finds first; choose a role, for example "primary"`,
    );
  }
  refuse(`FailoverName "${name}"`, problems, args);
}
