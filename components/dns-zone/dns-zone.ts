import { BotManagement, type BotManagementArgs } from "@pulumi/cloudflare/botManagement";
import { DnsRecord, type DnsRecordArgs } from "@pulumi/cloudflare/dnsRecord";
import { Ruleset, type RulesetArgs } from "@pulumi/cloudflare/ruleset";
import { Zone, type ZoneArgs } from "@pulumi/cloudflare/zone";
import { ZoneDnssec, type ZoneDnssecArgs } from "@pulumi/cloudflare/zoneDnssec";
import { ZoneSetting, type ZoneSettingArgs } from "@pulumi/cloudflare/zoneSetting";
import { ZoneSubscription, type ZoneSubscriptionArgs } from "@pulumi/cloudflare/zoneSubscription";
import * as pulumi from "@pulumi/pulumi";
import { type CloudflarePlan, planFacts } from "../../lib/cloudflare-plans";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refusal, refuse } from "../../lib/refusal";
import type { Retirement } from "../../lib/retirement";
import { adopted, stateful } from "../adoption/resource-options";
import type { StackContext } from "../context/stack-context";
import { type Transform, transformed } from "../transform/transform";
import { edgeRules } from "./edge-rules";
import { planProblems, type ZoneEdge } from "./edge-schema";
import { zoneParts } from "./schema";
import { absoluteName, dnsRecordArgs, type ZoneRecord } from "./zone-record";
import { type PhaseRules, rulesByPhase, type ZoneRule } from "./zone-rule";
import { botSettings, type ZoneTls, zoneSettings } from "./zone-settings";

export interface DnsZoneArgs {
  readonly context: StackContext;
  /** The Cloudflare account that holds the zone. Changing it replaces the zone. */
  readonly accountId: pulumi.Input<string>;
  /** The zone's name, for example `alai.no`. Changing it replaces the zone, which is protected. */
  readonly domain: string;
  /** The id of the zone where it exists; it is then imported, protected and kept. Default: the zone is made. */
  readonly adopt?: string;
  /** Records that belong to no site or service. Default: none. */
  readonly records?: readonly (ZoneRecord & {
    /** Tells records of one name and type apart. Default: `<type>-<name>`. */
    readonly id?: string;
    /** `<zone id>/<record id>` of a record that exists and says the same. */
    readonly adopt?: string;
  })[];
  /** Whether answers are signed. The registrar must be given the DS record, which is an output. Default: true. */
  readonly dnssec?: boolean;
  /**
   * The zone's plan at Cloudflare, which decides what its edge can do and how many rules it can have. Any but the free one is paid for
   * as long as the zone is there. Default: free.
   */
  readonly plan?: CloudflarePlan;
  /** How the zone speaks TLS. Default: strict to the origin, 1.2 or newer to visitors, always HTTPS. */
  readonly tls?: ZoneTls;
  /**
   * Managed rules, rate limits, who is refused or challenged, how long answers are kept: as far as the plan has it. Default: as
   * Cloudflare has it.
   */
  readonly edge?: ZoneEdge;
  /**
   * Everybody's rules for the zone: sites' redirects, exceptions from checks. Cloudflare allows one ruleset per phase, so whoever
   * needs a rule contributes it here. Default: none.
   *
   * @example [...sites.flatMap(siteRedirects), ...noBrowserIntegrityCheck(["ollama.basicconsulting.no"])]
   */
  readonly rules?: readonly ZoneRule[];
  /**
   * Rulesets that an adopted zone already has, as `zones/<zone id>/<ruleset id>`: a second one of a phase is refused. Their rules must
   * be the same as those given here, because an import that would change something is refused too. Default: none.
   */
  readonly adoptRulesets?: Partial<Readonly<Record<PhaseRules["phase"], string>>>;
  /** That the zone leaves: it answers until its day, and nothing of it is protected or kept any more. Default: it stays. */
  readonly retired?: Retirement;
  readonly transform?: {
    readonly zone?: Transform<ZoneArgs>;
    readonly dnssec?: Transform<ZoneDnssecArgs>;
    readonly subscription?: Transform<ZoneSubscriptionArgs>;
    readonly setting?: Transform<ZoneSettingArgs>;
    readonly bots?: Transform<BotManagementArgs>;
    readonly record?: Transform<DnsRecordArgs>;
    readonly ruleset?: Transform<RulesetArgs>;
  };
}

/** Of records, {@link dnsRecordArgs} says what is wrong. */
const zoneArguments = zoneParts.pick({
  domain: true,
  adopt: true,
  dnssec: true,
  plan: true,
  tls: true,
  edge: true,
  adoptRulesets: true,
});

/**
 * A DNS zone at Cloudflare: its records, signatures, TLS settings, and one ruleset per phase out of everybody's rules.
 *
 * @example
 * ```ts
 * const zone = new DnsZone("alai.no", { context, accountId, domain: "alai.no", adopt: "c0de…01", rules: sites.flatMap(siteRedirects) });
 * new StaticSite("alai.no", { zone: { id: zone.zoneId, domain: "alai.no" }, … });
 * ```
 */
export class DnsZone extends pulumi.ComponentResource {
  readonly domain: string;
  /** Available when the zone is; records of other components need nothing more. */
  readonly zoneId: pulumi.Output<string>;
  /** What the registrar must list as the domain's name servers. */
  readonly nameServers: pulumi.Output<string[]>;
  /** What the DNS-export job needs to know of the zone. */
  readonly exportTarget: { readonly domain: string; readonly id: pulumi.Output<string> };
  /** The DS record that the registrar must publish, where the zone is signed. */
  readonly dsRecord: pulumi.Output<string> | undefined;

  constructor(name: string, args: DnsZoneArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:dns-zone:DnsZone", name, {}, opts);
    refuse(`DnsZone "${name}"`, argumentProblems(zoneArguments, args), args);
    refuse(`DnsZone "${name}"`, planProblems(args), args);
    const recordIds = uniqueRecordIds(args);
    const phases = rulesByPhase(args.domain, [...(args.rules ?? []), ...edgeRules(args.edge ?? {})]);
    refuse(`DnsZone "${name}"`, tooManyRules(phases, args.plan ?? "free"), args);

    this.domain = args.domain;
    const zone = new Zone(
      ...transformed(
        args.transform?.zone,
        name,
        { account: { id: args.accountId }, name: args.domain },
        { parent: this, ...adopted(args.context, args.adopt, args.retired) },
      ),
    );
    this.zoneId = zone.id;
    // What the plan has to allow is made after it.
    const allowed = { parent: this, dependsOn: [...this.buyPlan(name, args)] };
    this.nameServers = zone.nameServers;
    this.exportTarget = { domain: args.domain, id: zone.id };
    this.dsRecord = args.dnssec === false ? undefined : this.sign(name, args);

    for (const { settingId, value } of zoneSettings(args.tls ?? {})) {
      const settingArgs = { zoneId: this.zoneId, settingId, value };
      new ZoneSetting(...transformed(args.transform?.setting, `${name}-${settingId}`, settingArgs, allowed));
    }
    if (args.edge?.bots !== undefined) {
      const botArgs = { zoneId: this.zoneId, ...botSettings(args.edge.bots, args.plan ?? "free") };
      new BotManagement(...transformed(args.transform?.bots, `${name}-bots`, botArgs, allowed));
    }
    for (const [id, record] of recordIds) this.addRecord(`${name}-${id}`, record, args);
    for (const phase of phases) this.addRuleset(`${name}-${phase.phase}`, phase, args, allowed);

    this.registerOutputs({ domain: this.domain, zoneId: this.zoneId, nameServers: this.nameServers });
  }

  /** The free plan is no subscription: Cloudflare answers that there is none (pulumi/pulumi-cloudflare#1550). */
  private buyPlan(name: string, args: DnsZoneArgs): readonly ZoneSubscription[] {
    if (args.plan === undefined || args.plan === "free") return [];
    const subscriptionArgs = { zoneId: this.zoneId, frequency: "monthly", ratePlan: { id: args.plan } };
    const adoption = args.adopt === undefined ? {} : adopted(args.context, args.adopt, args.retired);
    const options = { parent: this, ...adoption };
    return [new ZoneSubscription(...transformed(args.transform?.subscription, name, subscriptionArgs, options))];
  }

  private sign(name: string, args: DnsZoneArgs): pulumi.Output<string> {
    const dnssecArgs = { zoneId: this.zoneId, status: "active" };
    const options = { parent: this, ...stateful(args.context, args.retired) };
    return new ZoneDnssec(...transformed(args.transform?.dnssec, name, dnssecArgs, options)).ds;
  }

  private addRecord(name: string, record: ZoneRecord & { readonly adopt?: string }, args: DnsZoneArgs): void {
    // Cloudflare holds one CNAME, or addresses, per name: a new record beside the old one would be refused.
    const options = { parent: this, deleteBeforeReplace: true };
    const adoption = record.adopt === undefined ? {} : adopted(args.context, record.adopt, args.retired);
    const recordArgs = dnsRecordArgs(this.zoneId, args.domain, record);
    new DnsRecord(...transformed(args.transform?.record, name, recordArgs, { ...options, ...adoption }));
  }

  private addRuleset(name: string, phase: PhaseRules, args: DnsZoneArgs, options: pulumi.ResourceOptions): void {
    const existing = args.adoptRulesets?.[phase.phase];
    const rulesetArgs = {
      zoneId: this.zoneId,
      kind: "zone",
      phase: phase.phase,
      name: phase.name,
      rules: [...phase.rules],
    };
    const adoption = existing === undefined ? {} : adopted(args.context, existing, args.retired);
    new Ruleset(...transformed(args.transform?.ruleset, name, rulesetArgs, { ...options, ...adoption }));
  }
}

function tooManyRules(phases: readonly PhaseRules[], plan: CloudflarePlan): readonly string[] {
  return phases.flatMap(({ phase, rules }) => {
    const most = phase === "http_request_firewall_managed" ? rules.length : planFacts[plan].rules[phase];
    if (rules.length <= most) return [];
    return `has ${rules.length} rules in the phase ${phase}, of which the plan "${plan}" allows ${most}; say the zone's plan if it is a larger one, or have fewer of them`;
  });
}

type RecordArgs = NonNullable<DnsZoneArgs["records"]>[number];

/** @throws naming the records that would share a logical name, or that lie in another zone */
function uniqueRecordIds(args: DnsZoneArgs): Map<string, RecordArgs> {
  const records = new Map<string, RecordArgs>();
  for (const record of args.records ?? []) {
    const relative = relativeName(args.domain, record.name);
    const id = record.id ?? `${record.type.toLowerCase()}-${relative}`;
    if (records.has(id)) {
      const message = `two records are called "${id}"; give one of them an id of its own`;
      throw refusal(`DnsZone "${args.domain}"`, [message], record);
    }
    records.set(id, record);
  }
  return records;
}

function relativeName(zone: string, name: string): string {
  const absolute = absoluteName(zone, name);
  return absolute === zone ? "@" : absolute.slice(0, -zone.length - 1);
}

/** Contributions that switch Browser Integrity Check off for host names called by programs (rule INFRA-CF-001). */
export function noBrowserIntegrityCheck(hostnames: readonly string[]): ZoneRule[] {
  return hostnames.map((hostname) => ({
    kind: "no-browser-integrity-check",
    ref: `INFRA-CF-001-${hostname.replaceAll(".", "-")}`,
    description: `INFRA-CF-001: programs call ${hostname}, and the check refuses their user agents with error 1010`,
    hostname,
  }));
}
