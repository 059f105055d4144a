import { cloudflareAddresses } from "../../../lib/cloudflare-addresses";
import { contains, parseBlock } from "../../../lib/ipv4";
import { allOf, anyOf, compliant, each, type RuleOutcome, violation } from "../../outcome";
import { isInternetWide } from "./open-sources";
import { anyReading, items, knownTextsOf, type Reading, readWithin } from "./property-reading";
import { requireValue } from "./requirements";

export function requireClosed(ingress: Reading): RuleOutcome {
  return anyOf([
    requireValue(readWithin(ingress, "external"), { oneOf: [false], absent: "complies" }),
    ...each([readWithin(ingress, "ipSecurityRestrictions")], requireAllowList),
  ]);
}

const edgeBlocks = cloudflareAddresses.ipv4.flatMap((block) => parseBlock(block) ?? []);

/** What stands behind the edge lets in nobody but the edge. */
export function requireEdgeOnly(ingress: Reading): RuleOutcome {
  const restrictions = readWithin(ingress, "ipSecurityRestrictions");
  return anyOf([
    requireValue(readWithin(ingress, "external"), { oneOf: [false], absent: "complies" }),
    allOf([
      ...each([restrictions], (list) =>
        items(list).length === 0 ? violation(list.path, "is empty, so everybody comes past the edge") : compliant,
      ),
      ...each(items(restrictions), requireEdgeAllow),
      requireValue(readWithin(ingress, "clientCertificateMode"), { oneOf: ["Require"], absent: "violates" }),
    ]),
  ]);
}

function requireEdgeAllow(rule: Reading): RuleOutcome {
  const action = requireValue(readWithin(rule, "action"), { oneOf: ["Allow"], absent: "violates" });
  const address = readWithin(rule, "ipAddressRange");
  const isOfEdge = anyReading([address], (value) => {
    const range = parseBlock(String(value));
    return range !== undefined && edgeBlocks.some((block) => contains(block, range));
  });
  return allOf([action, isOfEdge ? compliant : violation(address.path, "is no address of Cloudflare's proxies")]);
}

/** A list with an Allow in it denies everything else; one with Denies only allows everything else. */
function requireAllowList(restrictions: Reading): RuleOutcome {
  const rules = items(restrictions);
  if (rules.length === 0) return violation(restrictions.path, "is empty, so every address is let in");
  const alone = allOf(each(rules, requireNarrowAllow));
  const blocks = knownTextsOf(rules.map((rule) => readWithin(rule, "ipAddressRange"))).map(parseBlock);
  const isWide = isInternetWide(...blocks.flatMap((block) => block ?? []));
  if (alone.outcome === "violation" || !isWide) return alone;
  return violation(restrictions.path, "lets in, all together, a range as wide as the internet");
}

function requireNarrowAllow(rule: Reading): RuleOutcome {
  const action = requireValue(readWithin(rule, "action"), { oneOf: ["Allow"], absent: "violates" });
  return allOf([action, ...each([readWithin(rule, "ipAddressRange")], requireNarrowRange)]);
}

function requireNarrowRange(address: Reading): RuleOutcome {
  const range = address.state === "known" ? parseBlock(String(address.value)) : undefined;
  if (range === undefined) return violation(address.path, "is not an IPv4 address or CIDR block");
  return isInternetWide(range) ? violation(address.path, "lets in a range as wide as the internet") : compliant;
}
