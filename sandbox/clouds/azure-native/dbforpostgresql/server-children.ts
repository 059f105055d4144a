import type { PropertyMap } from "../../../../deployment/values/property-value";
import { parseAddress } from "../../../../lib/ipv4";
import { type CheckFailure, ServiceError } from "../../../engine/provider";
import { textAt, textsAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";
import { isWithin, nameOfId, parentOfId, sameId } from "../arm-id";
import { type ArmTypeSpec, armType } from "../arm-type";
import { oneOperation, serverPath, serverType } from "./server";

const child: Pick<ArmTypeSpec, "parent" | "oneAtATime"> = {
  parent: { type: "dbforpostgresql:Server", path: serverPath },
  oneAtATime: (_, id) => oneOperation(parentOfId(id)),
};

function serverOf({ world, id }: ServiceContext): PropertyMap {
  return world.get(serverType, parentOfId(id))?.properties ?? {};
}

const database = armType({
  ...child,
  type: "dbforpostgresql:Database",
  describedBy: ["postgresql-flexible", "Database", "databaseName"],
  path: `${serverPath}/databases/{databaseName}`,
  name: {
    pattern: /^[A-Za-z_][\w-]{0,62}$/,
    expected: "1 to 63 letters, digits, _ and -, not beginning with a digit",
    code: "InvalidDatabaseName",
  },
  defaults: { charset: "UTF8", collation: "en_US.utf8" },
  createOnly: ["charset", "collation"],
});

const firewallRule = armType({
  ...child,
  type: "dbforpostgresql:FirewallRule",
  describedBy: ["postgresql-flexible", "FirewallRule", "firewallRuleName"],
  path: `${serverPath}/firewallRules/{firewallRuleName}`,
  name: {
    pattern: /^[A-Za-z0-9][\w-]{0,79}(?<!-)$/,
    expected: "1 to 80 letters, digits, _ and -, beginning with a letter or digit, no dash at the end",
    code: "InvalidFirewallRuleName",
  },
  required: ["startIpAddress", "endIpAddress"],
  check: addressFailures,
  service: {
    write: (context) => {
      if (textAt(serverOf(context), "network.delegatedSubnetResourceId") === undefined) return;
      throw new ServiceError(
        "FirewallRuleNotSupported",
        `Firewall rules are not supported for '${nameOfId(parentOfId(context.id))}', which is in a virtual network.`,
      );
    },
  },
});

function addressFailures(inputs: PropertyMap): readonly CheckFailure[] {
  const failures: CheckFailure[] = [];
  const [start, end] = ["startIpAddress", "endIpAddress"].map((property) => {
    const text = textAt(inputs, property);
    const address = text === undefined ? undefined : parseAddress(text);
    if (text !== undefined && address === undefined) {
      failures.push({
        property,
        reason: `InvalidParameterValue: '${property}': expected an IPv4 address, got "${text}"`,
      });
    }
    return address;
  });
  if (start !== undefined && end !== undefined && start > end) {
    failures.push({
      property: "endIpAddress",
      reason: "InvalidParameterValue: 'endIpAddress' is lower than 'startIpAddress'",
    });
  }
  return failures;
}

export const administratorType = "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra";

const administrator = armType({
  ...child,
  type: "dbforpostgresql:AdministratorsMicrosoftEntra",
  describedBy: ["postgresql-flexible", "AdministratorMicrosoftEntraAdd"],
  path: `${serverPath}/administrators/{objectId}`,
  name: {
    pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    expected: "a principal's GUID",
    code: "InvalidParameterValue",
  },
  required: ["principalName", "principalType"],
  allowed: { principalType: ["User", "Group", "ServicePrincipal", "Unknown"] },
  createOnly: ["principalName", "principalType", "tenantId"],
  computed: {
    names: ["objectId"],
    stable: ["objectId"],
    values: ({ inputs }) => ({ objectId: textAt(inputs, "objectId") ?? "" }),
  },
  service: {
    create: (context) => {
      if (textAt(serverOf(context), "authConfig.activeDirectoryAuth") === "Enabled") return;
      throw new ServiceError(
        "AadAuthOperationCannotBePerformedWhenDisabled",
        `Microsoft Entra authentication is not enabled on '${nameOfId(parentOfId(context.id))}'.`,
      );
    },
  },
});

const endpointType = "azure-native:dbforpostgresql:VirtualEndpoint";

const virtualEndpoint = armType({
  ...child,
  type: "dbforpostgresql:VirtualEndpoint",
  describedBy: ["postgresql-flexible", "VirtualEndpoint", "virtualEndpointName"],
  path: `${serverPath}/virtualEndpoints/{virtualEndpointName}`,
  name: {
    pattern: /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
    expected: "3 to 63 lower-case letters, digits and dashes, no dash at either end",
    code: "InvalidVirtualEndpointName",
    uniqueInWorld: (name) =>
      new ServiceError("VirtualEndpointNameAlreadyExists", `The virtual endpoint name '${name}' is already used.`, 409),
  },
  required: ["endpointType", "members"],
  allowed: { endpointType: ["ReadWrite"] },
  createOnly: ["endpointType"],
  computed: {
    names: ["virtualEndpoints"],
    stable: ["virtualEndpoints"],
    values: ({ inputs }) => {
      const name = textAt(inputs, "virtualEndpointName");
      return { virtualEndpoints: ["writer", "reader"].map((role) => `${name}.${role}.postgres.database.azure.com`) };
    },
  },
  service: {
    write: ({ world, id, inputs }) => {
      const primary = world.get(serverType, parentOfId(id));
      if (textAt(primary?.properties ?? {}, "replicationRole") === "AsyncReplica") {
        throw new ServiceError(
          "InvalidParameterValue",
          "Virtual endpoints are made on the primary, not on a read replica.",
        );
      }
      for (const member of textsAt(inputs, "members")) {
        const found = world.list(serverType).find((one) => nameOfId(one.id) === nameOfId(member));
        if (found === undefined)
          throw new ServiceError("ResourceNotFound", `The server '${member}' was not found.`, 404);
        const isPart =
          sameId(found.id, primary?.id) || sameId(textAt(found.properties, "sourceServerResourceId"), primary?.id);
        if (isPart) continue;
        throw new ServiceError("InvalidParameterValue", `The server '${member}' is no read replica of this one.`);
      }
    },
    create: ({ world, id }) => {
      const other = world.list(endpointType).find((endpoint) => isWithin(endpoint.id, parentOfId(id)));
      if (other === undefined) return;
      throw new ServiceError(
        "VirtualEndpointAlreadyExists",
        `The server has a virtual endpoint already: ${nameOfId(other.id)}.`,
        409,
      );
    },
  },
});

export const serverChildRules = [database, firewallRule, administrator, virtualEndpoint];
