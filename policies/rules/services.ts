import { allOf, anyOf } from "../outcome";
import { rulesOf } from "../rule";
import { dataServices } from "./shared/data-services";
import { firewallRange, otherFirewallRuleTypes } from "./shared/firewall-rules";
import { isInternetWide } from "./shared/open-sources";
import { checkParameter } from "./shared/postgres-parameter";
import { madeReading, read, splitAtCommas, textsOf } from "./shared/property-reading";
import { requireSet, requireValue } from "./shared/requirements";

const mysqlParameter = "azure-native:dbformysql:Configuration";

/** Of databases, queues and other services that hold data, of every kind that has no rules of its own. */
export const serviceAccessRules = rulesOf("public-access", [
  {
    id: "service-private",
    controls: ["MCSB v2 NS-2"],
    benchmarkRow: 23,
    description:
      "Databases, queues and other services that hold data are closed to the internet, whichever kind they are.",
    remediation:
      "Set publicNetworkAccess, or what the service has in its place, to Disabled and use a private endpoint.",
    types: Object.keys(dataServices),
    evaluate: (resource) => {
      const service = dataServices[resource.type];
      if (service === undefined) return allOf([]);
      const absent = service.closedByDefault === true ? "complies" : "violates";
      const closed = allOf(
        service.access.map((path) => requireValue(read(resource, path), { oneOf: service.closed, absent })),
      );
      return service.subnet === undefined ? closed : anyOf([closed, requireSet(read(resource, service.subnet))]);
    },
  },
  {
    id: "service-firewall",
    controls: ["Own"],
    description: "No firewall rule of a database, cache or warehouse lets in every Azure tenant, or the internet.",
    remediation: "List the addresses that need the service.",
    types: otherFirewallRuleTypes,
    evaluate: (rule) =>
      firewallRange(rule, (range) => {
        if (range.first === 0 && range.last === 0) return "lets in every Azure tenant, 0.0.0.0 to 0.0.0.0";
        return isInternetWide(range) ? "lets in a range as wide as the internet" : undefined;
      }),
  },
]);

/** The same services. */
export const serviceEncryptionRules = rulesOf("encryption", [
  {
    id: "service-minimum-tls",
    controls: ["Own"],
    description: "Databases, queues and other services that hold data refuse TLS below 1.2, whichever kind they are.",
    remediation:
      "Set the service's minimum TLS version to 1.2; of MySQL require_secure_transport to ON and tls_version to TLSv1.2.",
    types: [...Object.keys(dataServices).filter((type) => dataServices[type]?.tls !== undefined), mysqlParameter],
    evaluate: (resource) => {
      if (resource.type === mysqlParameter) {
        return checkParameter(resource, {
          require_secure_transport: (value) => requireValue(value, { oneOf: ["ON"], absent: "violates" }),
          tls_version: (value) => {
            const wanted = { oneOf: ["TLSv1.2", "TLSv1.3"], absent: "violates" } as const;
            const listed = splitAtCommas(textsOf([value])).map((version) => madeReading(value.path, version));
            return allOf((listed.length === 0 ? [value] : listed).map((version) => requireValue(version, wanted)));
          },
        });
      }
      const tls = dataServices[resource.type]?.tls;
      if (tls === undefined) return allOf([]);
      return requireValue(read(resource, tls.property), { oneOf: tls.oneOf, absent: "violates" });
    },
  },
]);
