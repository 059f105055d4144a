import { isUnrouted, parseAlignedBlock } from "../../lib/ipv4";
import { refuse } from "../../lib/refusal";

/** What a private resource must have so that those who need it can reach it, and nobody else. */
export interface ReachPlan {
  /** Public addresses that are let in, sorted; everything else is denied. Empty: the public endpoint is closed. */
  readonly addresses: readonly string[];
  /** Whether a private endpoint in the network is needed. */
  readonly privateEndpoint: boolean;
}

/** What is there for the paths to go through. */
export interface ReachMeans {
  /** Whether the component was given a network for a private endpoint. */
  readonly network: boolean;
}

/** Addresses wider than this are not "listed addresses". */
const widestPrefix = 24;

/**
 * Turns `reachedBy` into a plan.
 *
 * @param component how errors name the component, for example `KeyVault "secrets"`
 * @throws when nobody reaches the resource, when it is open to more than listed addresses, or when a path has nothing to go through;
 * all problems at once
 */
export function reachPlan(component: string, reachedBy: readonly Reach[], means: ReachMeans): ReachPlan {
  const problems = reachedBy.length === 0 ? [nobody] : reachedBy.flatMap(pathProblems);
  const throughNetwork = reachedBy.filter((reach) => reach.via !== "addresses");
  if (throughNetwork.length > 0 && !means.network) problems.push(noNetwork(throughNetwork));
  refuse(component, problems);
  const addresses = reachedBy.flatMap((reach) => (reach.via === "addresses" ? reach.addresses : []));
  return { addresses: [...new Set(addresses)].sort(), privateEndpoint: throughNetwork.length > 0 };
}

const nobody =
  'reachedBy is empty, so nobody could use it; say who reaches it and how, for example { who: "apps", via: "private-endpoint" }';

function noNetwork(reaches: readonly Reach[]): string {
  const paths = reaches.map((reach) => `${reach.who} via ${reach.via}`).join(", ");
  return `reachedBy says ${paths}, but no network is given; pass the network whose subnet takes the private endpoint`;
}

function pathProblems(reach: Reach): string[] {
  if (reach.via !== "addresses") return [];
  if (reach.addresses.length === 0) return [`reachedBy for ${reach.who} lists no addresses; list at least one`];
  return reach.addresses.flatMap((address) => addressProblems(reach.who, address));
}

function addressProblems(who: string, address: string): string[] {
  const problem = publicAddressProblem(address);
  return problem === undefined ? [] : [`reachedBy for ${who} lists "${address}", which ${problem}`];
}

/** What is wrong with an address that something private is to let in: the end of a sentence that begins with it, or undefined. */
export function publicAddressProblem(address: string): string | undefined {
  const range = parseAlignedBlock(address);
  if (range === undefined) return "is not an IPv4 address or CIDR block";
  if (range.prefix < widestPrefix) {
    return `is wider than /${widestPrefix}; list the addresses that need it, or go through the tailnet router`;
  }
  if (range.first === 0) return "lets every Azure tenant in; list the addresses that need it";
  if (isUnrouted(range)) {
    return "is a private address, which a public endpoint never sees; use a private endpoint or the tailnet router";
  }
  return undefined;
}

/** The way storage accounts and registries write a single address: without a prefix. Storage takes no /31 or /32. */
export function plainAddress(address: string): string {
  return address.replace(/\/32$/, "");
}

/** The way vaults write a single address, and report it back. */
export function prefixedAddress(address: string): string {
  return address.includes("/") ? address : `${address}/32`;
}

/** Who needs to reach something private: the hosts, the pipelines, people's laptops, or the apps in the network. */
type Who = "hosts" | "ci" | "laptops" | "apps";

/**
 * How somebody reaches what is closed to the public.
 *
 * - `private-endpoint`: from within the network, at an address of the network.
 * - `tailnet-router`: over the tailnet, through the router in the network to the same private address.
 * - `addresses`: from listed public addresses, everything else being denied.
 *
 * @example { who: "apps", via: "private-endpoint" }
 * @example { who: "hosts", via: "addresses", addresses: ["203.0.113.7"] }
 */
export type Reach =
  | { readonly who: Who; readonly via: "private-endpoint" }
  | { readonly who: Who; readonly via: "tailnet-router" }
  | { readonly who: Who; readonly via: "addresses"; readonly addresses: readonly string[] };
