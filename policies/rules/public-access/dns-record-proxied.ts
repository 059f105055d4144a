import { notApplicable, undecided } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { comparable, read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const dnsRecordProxied: PolicyRule = {
  id: "dns-record-proxied",
  family: "public-access",
  benchmarkRow: 73,
  controls: ["Prowler zone_*"],
  description: "Names of ours stand behind the edge, unless the stack's dnsOnly declares that others serve them.",
  remediation: "Set proxied to true, or declare the name in the stack's dnsOnly.",
  level: "mandatory",
  types: ["cloudflare:index/dnsRecord:DnsRecord"],
  evaluate: (record, stack) => {
    const type = read(record, "type");
    if (type.state === "unknown") return undecided(type.path);
    const kind = type.state === "known" ? (comparable(type.value) ?? "") : "";
    if (!["a", "aaaa", "cname"].includes(kind)) return notApplicable("the record leads to no host");
    const name = read(record, "name");
    if (name.state === "known" && stack.dnsOnly.includes(String(name.value)))
      return notApplicable("others serve the name");
    return requireValue(read(record, "proxied"), { oneOf: [true], absent: "violates" });
  },
};
