import * as pulumi from "@pulumi/pulumi";
import { Acl, type AclArgs } from "@pulumi/tailscale/acl";
import { DeviceTags, type DeviceTagsArgs } from "@pulumi/tailscale/deviceTags";
import { DnsConfiguration, type DnsConfigurationArgs } from "@pulumi/tailscale/dnsConfiguration";
import { TailnetSettings, type TailnetSettingsArgs } from "@pulumi/tailscale/tailnetSettings";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refuse } from "../../lib/refusal";
import { stateful } from "../adoption/resource-options";
import type { StackContext } from "../context/stack-context";
import { type Transform, transformed } from "../transform/transform";
import { type TailnetEntry, tailnetSchema } from "./schema";
import { policyFile, policyProblems } from "./tailnet-policy";

/**
 * What is done with the policy the tailnet has. The policy file is one document, and writing it replaces all of it.
 *
 * - `is-default`: nobody has changed the policy Tailscale starts with. The service refuses the first write (412) if somebody has.
 * - `import`: the policy is taken into the state as it is and left so. Do this first where one exists; compare it with the
 *   inventory; then change to `is-default`, which from then on updates what was imported.
 * - `overwrite`: the first write replaces whatever is there.
 */
export type ExistingPolicy = "is-default" | "import" | "overwrite";

export interface TailnetArgs {
  readonly context: StackContext;
  /** The inventory entry: devices, grants, DNS. */
  readonly tailnet: TailnetEntry;
  /**
   * Members of groups by group, added to those of the inventory: people's addresses are configuration. Default: none.
   *
   * @example { "group:operators": ["operator@example.com"] }
   */
  readonly groupMembers?: Readonly<Record<string, readonly string[]>>;
  /** What is done with the policy the tailnet has. Default: `is-default`. */
  readonly existingPolicy?: ExistingPolicy;
  /** Split DNS that other resources' outputs decide, by domain, beside that of the inventory. Default: none. */
  readonly splitDns?: Readonly<Record<string, readonly pulumi.Input<string>[]>>;
  readonly transform?: {
    readonly policy?: Transform<AclArgs>;
    readonly dns?: Transform<DnsConfigurationArgs>;
    readonly settings?: Transform<TailnetSettingsArgs>;
    readonly deviceTags?: Transform<DeviceTagsArgs>;
  };
}

/**
 * A tailnet: who reaches what, DNS, settings, and the devices' tags. There is one per account, so one stack owns it; it owns the DNS
 * as one document, because that conflicts with the resources for its parts. Keys with which machines join are nobody's here: they end
 * after 90 days, and a state would hold them (docs/decisions/0066).
 *
 * The names of devices are set on the devices (`tailscale set --hostname`): the service has no resource for them.
 *
 * @example
 * ```ts
 * new Tailnet("tailnet", { context, tailnet: entry, groupMembers: config.requireObject("groupMembers") });
 * ```
 */
export class Tailnet extends pulumi.ComponentResource {
  /** The domains searched for short names. */
  readonly searchPaths: readonly string[];

  constructor(name: string, args: TailnetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:tailnet:Tailnet", name, {}, opts);
    refuseProblems(name, args);

    this.searchPaths = args.tailnet.dns.searchPaths;
    const policy = this.addPolicy(name, args);
    this.addDns(name, args);
    this.addSettings(name, args);
    this.addDeviceTags(name, args, policy);

    this.registerOutputs({ searchPaths: this.searchPaths });
  }

  private addPolicy(name: string, args: TailnetArgs): Acl {
    const existing = args.existingPolicy ?? "is-default";
    const policyArgs: AclArgs = {
      acl: policyFile(args.tailnet, args.groupMembers ?? {}),
      overwriteExistingContent: existing === "overwrite",
      // Without a policy everything would reach everything.
      resetAclOnDestroy: false,
    };
    const importing = existing === "import" ? { import: "acl", ignoreChanges: ["acl"], retainOnDelete: true } : {};
    const options = { parent: this, ...stateful(args.context), ...importing };
    return new Acl(...transformed(args.transform?.policy, name, policyArgs, options));
  }

  private addDns(name: string, args: TailnetArgs): void {
    const { dns } = args.tailnet;
    const splitDns = Object.entries({ ...dns.splitDns, ...args.splitDns }).sort(byKey);
    const dnsArgs: DnsConfigurationArgs = {
      magicDns: true,
      overrideLocalDns: dns.overrideLocalDns,
      nameservers: dns.nameservers.map((address) => ({ address })),
      searchPaths: dns.searchPaths,
      splitDns: splitDns.map(([domain, addresses]) => ({
        domain,
        nameservers: addresses.map((address) => ({ address })),
      })),
    };
    new DnsConfiguration(...transformed(args.transform?.dns, name, dnsArgs, { parent: this }));
  }

  private addSettings(name: string, args: TailnetArgs): void {
    const settings: TailnetSettingsArgs = {
      devicesApprovalOn: args.tailnet.approveDevices,
      aclsExternallyManagedOn: true,
    };
    new TailnetSettings(...transformed(args.transform?.settings, name, settings, { parent: this }));
  }

  private addDeviceTags(name: string, args: TailnetArgs, policy: Acl): void {
    for (const device of args.tailnet.devices) {
      if (device.nodeId === undefined || device.tags.length === 0) continue;
      const tags = { deviceId: device.nodeId, tags: [...device.tags].sort() };
      // A tag that the policy does not know is refused.
      const options = { parent: this, dependsOn: [policy] };
      new DeviceTags(...transformed(args.transform?.deviceTags, `${name}-${device.name}`, tags, options));
    }
  }
}

function byKey(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return left[0] < right[0] ? -1 : 1;
}

/** @throws with everything that is wrong with the arguments */
function refuseProblems(name: string, args: TailnetArgs): void {
  const problems = policyProblems(args.tailnet, args.groupMembers ?? {});
  const twice = Object.keys(args.splitDns ?? {}).filter((domain) => domain in args.tailnet.dns.splitDns);
  problems.push(
    ...twice.map((domain) => `split DNS for ${domain} is set by the inventory and by the program; keep one`),
  );
  refuse(`Tailnet "${name}"`, [...argumentProblems(tailnetSchema, args.tailnet), ...problems], args.tailnet);
}
