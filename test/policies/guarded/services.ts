import { dataServices } from "../../../policies/rules/shared/data-services";
import { otherFirewallRuleTypes } from "../../../policies/rules/shared/firewall-rules";
import type { GuardedProperty } from "../guarded-properties";

const mysqlParameter = "azure-native:dbformysql:Configuration";

/** Databases, queues and other services of any kind: each type of the table. */
export const guardedServices: readonly GuardedProperty[] = [
  ...Object.entries(dataServices).flatMap(([type, { access, closed, closedByDefault, subnet, tls }]) => {
    const [good = ""] = closed;
    const bad = good === false ? true : "Enabled";
    const [first = ""] = access;
    return [
      ...access.map((path) => ({
        rule: "service-private",
        type,
        path,
        good,
        bad,
        ...(closedByDefault === true ? { removed: [] } : {}),
      })),
      ...(subnet === undefined
        ? []
        : [{ rule: "service-private", type, path: subnet, good: "/subnets/a", bad: "", where: { [first]: bad } }]),
      ...(tls === undefined
        ? []
        : [{ rule: "service-minimum-tls", type, path: tls.property, good: tls.oneOf[0] ?? "", bad: "1.0" }]),
    ];
  }),
  ...["azure-native:eventhub:Namespace", "azure-native:servicebus:Namespace"].map((type) => ({
    rule: "messaging-no-keys",
    type,
    path: "disableLocalAuth",
    good: true,
    bad: false,
  })),
  {
    rule: "queue-dead-letters",
    type: "azure-native:servicebus:Queue",
    path: "deadLetteringOnMessageExpiration",
    good: true,
    bad: false,
  },
  ...otherFirewallRuleTypes.flatMap((type) => {
    const within = type.includes(":mongocluster:") ? "properties." : "";
    const [start, end] = type.includes(":redis:") ? ["startIP", "endIP"] : ["startIpAddress", "endIpAddress"];
    return [
      { rule: "service-firewall", type, path: `${within}${start}`, good: "203.0.113.7", bad: "0.0.0.0" },
      { rule: "service-firewall", type, path: `${within}${end}`, good: "203.0.113.7", bad: "255.255.255.255" },
    ];
  }),
  {
    rule: "service-minimum-tls",
    type: mysqlParameter,
    path: "value",
    good: "ON",
    bad: "OFF",
    where: { configurationName: "require_secure_transport" },
  },
  {
    rule: "service-minimum-tls",
    type: mysqlParameter,
    path: "value",
    good: "TLSv1.2,TLSv1.3",
    bad: "TLSv1.1,TLSv1.2",
    where: { configurationName: "tls_version" },
  },
  {
    rule: "service-minimum-tls",
    type: mysqlParameter,
    path: "configurationName",
    good: "require_secure_transport",
    removed: [],
    where: { value: "ON" },
  },
];
