import { parseBlock } from "../../../lib/ipv4";
import { allOf, anyOf, compliant, notApplicable, type RuleOutcome, undecided, violation } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { isInternetWide } from "../shared/declared-addresses";
import { items, type Reading, read, readWithin } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const containerAppNotExposed: PolicyRule = {
  id: "container-app-not-exposed",
  family: "public-access",
  benchmarkRow: 43,
  controls: ["Azure Policy 783ea2a8", "PSRule Azure.ContainerApp.ExternalIngress"],
  description:
    "Container Apps answer inside their environment, or to listed addresses only, or stand behind the edge (frontedByEdge).",
  remediation:
    "Set configuration.ingress.external to false, allow listed addresses in ipSecurityRestrictions, or declare the app in the stack's frontedByEdge.",
  level: "mandatory",
  types: ["azure-native:app:ContainerApp"],
  evaluate: (app, stack) => {
    const ingress = read(app, "configuration.ingress");
    if (ingress.state === "absent") return notApplicable("the app has no ingress");
    if (stack.frontedByEdge.includes(app.name)) return compliant;
    return anyOf([
      requireValue(readWithin(ingress, "external"), { oneOf: [false], absent: "complies" }),
      requireAllowList(readWithin(ingress, "ipSecurityRestrictions")),
    ]);
  },
};

/** A list with an Allow in it denies everything else; one with Denies only allows everything else. */
function requireAllowList(restrictions: Reading): RuleOutcome {
  const rules = items(restrictions);
  if (rules.length === 0) return violation(restrictions.path, "is empty, so every address is let in");
  return allOf(rules.map(requireNarrowAllow));
}

function requireNarrowAllow(rule: Reading): RuleOutcome {
  if (rule.state === "unknown") return undecided(rule.path);
  const action = requireValue(readWithin(rule, "action"), { oneOf: ["Allow"], absent: "violates" });
  return allOf([action, requireNarrowRange(readWithin(rule, "ipAddressRange"))]);
}

function requireNarrowRange(address: Reading): RuleOutcome {
  if (address.state === "unknown") return undecided(address.path);
  const range = address.state === "known" ? parseBlock(String(address.value)) : undefined;
  if (range === undefined) return violation(address.path, "is not an IPv4 address or CIDR block");
  return isInternetWide(range) ? violation(address.path, "lets in a range as wide as the internet") : compliant;
}
