import type { PropertyMap } from "../../../../deployment/values/property-value";
import { type CheckFailure, ServiceError } from "../../../engine/provider";
import type { WorldReading } from "../../../world/world";
import { mapsAt, numberAt, textAt, textsAt } from "../../read-property";
import { nameOfId, parentOfId, sameId } from "../arm-id";
import { armType } from "../arm-type";
import { subnetType } from "./subnet-use";

const groupPath = "Microsoft.Network/networkSecurityGroups/{networkSecurityGroupName}";
const ruleType = "azure-native:network:SecurityRule";
const name = {
  pattern: /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/,
  expected: "1 to 80 letters, digits, _ . -",
  code: "InvalidResourceName",
};
const ruleValues = {
  direction: ["Inbound", "Outbound"],
  access: ["Allow", "Deny"],
  protocol: ["Tcp", "Udp", "Icmp", "Esp", "Ah", "*"],
};
const priorities = { minimum: 100, maximum: 4096 };

const securityGroup = armType({
  type: "network:NetworkSecurityGroup",
  describedBy: ["network", "NetworkSecurityGroup"],
  path: groupPath,
  name,
  located: true,
  required: ["direction", "access", "protocol", "priority", "name"].map((key) => `securityRules[*].${key}`),
  allowed: Object.fromEntries(Object.entries(ruleValues).map(([key, values]) => [`securityRules[*].${key}`, values])),
  ranges: { "securityRules[*].priority": priorities },
  check: samePriority,
  defaults: { securityRules: [] },
  computed: {
    names: ["provisioningState", "resourceGuid"],
    values: ({ random }) => ({ provisioningState: "Succeeded", resourceGuid: random.guid() }),
  },
  service: {
    // A list of rules is all that the group has: rules of their own that are not on it are deleted.
    update: ({ world, id, inputs }) => {
      const listed = mapsAt(inputs, "securityRules").map((rule) => textAt(rule, "name"));
      if (listed.length === 0) return;
      for (const rule of world.children(id)) {
        if (rule.kind === ruleType && !listed.some((name) => sameId(name, nameOfId(rule.id))))
          world.delete(ruleType, rule.id);
      }
    },
    delete: ({ world, id }) => {
      const user = world
        .list(subnetType)
        .find(({ properties }) => sameId(textAt(properties, "networkSecurityGroup.id"), id));
      if (user === undefined) return;
      throw new ServiceError(
        "InUseNetworkSecurityGroupCannotBeDeleted",
        `Network security group ${nameOfId(id)} cannot be deleted because it is in use by the following resources: ${user.id}.`,
      );
    },
  },
});

function samePriority(inputs: PropertyMap): readonly CheckFailure[] {
  const seen = new Map<string, string>();
  return mapsAt(inputs, "securityRules").flatMap((rule, index) => {
    const key = `${textAt(rule, "direction")} ${numberAt(rule, "priority")}`;
    const other = seen.get(key);
    const own = textAt(rule, "name") ?? String(index);
    seen.set(key, own);
    const property = `securityRules[${index}].priority`;
    return other === undefined
      ? []
      : [
          {
            property,
            reason: `SecurityRuleConflict: '${property}': rules "${other}" and "${own}" have the same priority and direction`,
          },
        ];
  });
}

const securityRule = armType({
  type: "network:SecurityRule",
  path: `${groupPath}/securityRules/{securityRuleName}`,
  parent: { type: "network:NetworkSecurityGroup", path: groupPath },
  name,
  required: ["direction", "access", "protocol", "priority"],
  allowed: ruleValues,
  ranges: { priority: priorities },
  computed: { names: ["provisioningState"], values: () => ({ provisioningState: "Succeeded" }) },
  service: {
    write: ({ world, id, inputs }) => {
      const group = parentOfId(id);
      const inline = mapsAt(
        world.get("azure-native:network:NetworkSecurityGroup", group)?.properties ?? {},
        "securityRules",
      );
      const apart = world.children(group).filter((rule) => rule.kind === ruleType && !sameId(rule.id, id));
      const clash = [...inline, ...apart.map(({ properties }) => properties)].find(
        (rule) =>
          textAt(rule, "direction") === textAt(inputs, "direction") &&
          numberAt(rule, "priority") === numberAt(inputs, "priority"),
      );
      if (clash === undefined) return;
      throw new ServiceError(
        "SecurityRuleConflict",
        `Security rule ${nameOfId(id)} conflicts with rule ${textAt(clash, "name")}. Rules cannot have the same Priority and Direction.`,
      );
    },
  },
});

/** Whether the security group of a subnet lets TCP from within the network come to a port, where it is asked at all. */
export function letsIn(world: WorldReading, subnet: PropertyMap, port: string): boolean {
  const group = textAt(subnet, "networkSecurityGroup.id");
  const policies = textAt(subnet, "privateEndpointNetworkPolicies") ?? "Disabled";
  if (group === undefined || !/^(Enabled|NetworkSecurityGroupEnabled)$/.test(policies)) return true;
  const apart = world.children(group).filter(({ kind }) => kind === ruleType);
  const inline = mapsAt(
    world.get("azure-native:network:NetworkSecurityGroup", group)?.properties ?? {},
    "securityRules",
  );
  const [first] = [...inline, ...apart.map(({ properties }) => properties)]
    .filter((rule) => textAt(rule, "direction") === "Inbound" && /^(Tcp|\*)$/.test(textAt(rule, "protocol") ?? ""))
    .filter((rule) => /^(VirtualNetwork|\*)$/.test(textAt(rule, "sourceAddressPrefix") ?? ""))
    .filter((rule) => coversPort(rule, Number(port)))
    .sort((one, other) => (numberAt(one, "priority") ?? 0) - (numberAt(other, "priority") ?? 0));
  // Azure's own last rules let in what comes from the network itself.
  return first === undefined || textAt(first, "access") === "Allow";
}

function coversPort(rule: PropertyMap, port: number): boolean {
  const ranges = [textAt(rule, "destinationPortRange") ?? [], textsAt(rule, "destinationPortRanges")].flat();
  return ranges.some((range) => {
    const [from = 0, to = from] = range.split("-").map(Number);
    return range === "*" || (from <= port && port <= to);
  });
}

export const securityGroupRules = [securityGroup, securityRule];
