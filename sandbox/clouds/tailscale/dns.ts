import { isIP } from "node:net";
import { equalProperties, type PropertyMap } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import type { WorldTransaction } from "../../world/world";
import { mapsAt, textAt, textsAt } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";

const wholeKind = "tailscale:index/dnsConfiguration:DnsConfiguration";
const preferencesKind = "tailscale:index/dnsPreferences:DnsPreferences";
const nameserversKind = "tailscale:index/dnsNameservers:DnsNameservers";
const searchPathsKind = "tailscale:index/dnsSearchPaths:DnsSearchPaths";
const splitKind = "tailscale:index/dnsSplitNameservers:DnsSplitNameservers";
const partKinds = [preferencesKind, nameserversKind, searchPathsKind, splitKind];

const emptyConfiguration: PropertyMap = {
  magicDns: true,
  overrideLocalDns: false,
  nameservers: [],
  searchPaths: [],
  splitDns: [],
};

/** All of the tailnet's DNS in one resource: it overwrites what the four parts say. */
const wholeRule: TypeRule = {
  type: wholeKind,
  identity: { kind: "named", id: () => "dns_configuration" },
  takesOverExisting: true,
  required: ["nameservers[*].address", "splitDns[*].domain"],
  defaults: emptyConfiguration,
  service: { create: refuseWhole, update: refuseWhole },
  afterDelete: () => emptyConfiguration,
};

function refuseWhole({ world, inputs }: ServiceContext): void {
  const part = partKinds.flatMap((kind) => world.list(kind))[0];
  if (part !== undefined) throw conflict(wholeKind, part.kind);
  refuseAddresses(mapsAt(inputs, "nameservers").map((entry) => textAt(entry, "address") ?? ""));
  refuseDomains(textsAt(inputs, "searchPaths"));
  for (const split of mapsAt(inputs, "splitDns")) {
    refuseDomains([textAt(split, "domain") ?? ""]);
    refuseAddresses(mapsAt(split, "nameservers").map((entry) => textAt(entry, "address") ?? ""));
  }
}

function part(
  type: string,
  id: (inputs: PropertyMap) => string,
  rest: Pick<TypeRule, "required" | "createOnly">,
): TypeRule {
  const accept = ({ world, inputs }: ServiceContext): void => {
    if (isConfigurationManaged(world)) throw conflict(type, wholeKind);
    refuseAddresses(textsAt(inputs, "nameservers"));
    refuseDomains([
      ...textsAt(inputs, "searchPaths"),
      ...(inputs.domain === undefined ? [] : [textAt(inputs, "domain") ?? ""]),
    ]);
  };
  return {
    type,
    identity: { kind: "named", id },
    takesOverExisting: true,
    ...rest,
    service: { create: accept, update: accept },
  };
}

/** Whether somebody set the whole configuration: made it here, or gave it other values than a new tailnet's. */
function isConfigurationManaged(world: WorldTransaction): boolean {
  const whole = world.get(wholeKind, "dns_configuration");
  return whole !== undefined && (whole.madeFor !== undefined || !equalProperties(whole.properties, emptyConfiguration));
}

function conflict(type: string, other: string): ServiceError {
  const short = (token: string): string => token.slice(token.lastIndexOf(":") + 1);
  return new ServiceError(
    "dns_conflict",
    `${short(type)} and ${short(other)} overwrite each other's settings: use DnsConfiguration alone, or only the four Dns* parts.`,
    409,
  );
}

function refuseAddresses(addresses: readonly string[]): void {
  for (const address of addresses) {
    if (isIP(address) !== 0 || /^https:\/\/[a-z0-9.-]+(\/|$)/i.test(address)) continue;
    throw new ServiceError("400", `invalid nameserver "${address}": expected an IP address or a DNS-over-HTTPS URL`);
  }
}

function refuseDomains(domains: readonly string[]): void {
  for (const domain of domains) {
    if (/^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(domain))
      continue;
    throw new ServiceError("400", `invalid domain "${domain}"`);
  }
}

export const dnsRules: readonly TypeRule[] = [
  wholeRule,
  part(preferencesKind, () => "dns_preferences", { required: ["magicDns"] }),
  part(nameserversKind, () => "dns_nameservers", { required: ["nameservers"] }),
  part(searchPathsKind, () => "dns_search_paths", { required: ["searchPaths"] }),
  part(splitKind, (inputs) => textAt(inputs, "domain") ?? "", {
    required: ["domain", "nameservers"],
    createOnly: ["domain"],
  }),
];
