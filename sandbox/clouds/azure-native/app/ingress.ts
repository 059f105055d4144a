import { parseBlock } from "../../../../lib/ipv4";
import { ServiceError } from "../../../engine/provider";
import { flagAt, mapsAt, numberAt, textAt, valueAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, sameId } from "../arm-id";
import { invalidTemplate } from "./container-template";
import { environmentIdOf } from "./identity-access";

/** What HTTP has and TCP has not. Source: microsoft/azure-container-apps#375. */
const ofHttp = ["allowInsecure", "stickySessions", "customDomains", "clientCertificateMode"];

/** The ports on which every environment answers HTTP. Source: microsoft/azure-container-apps#1558. */
const portsOfHttp = [80, 443];

/**
 * Over TCP an app needs a network of ours when it is called from outside, and a port that no other app of the environment exposes.
 * Sources: Azure/azure-dev#3428 for the code, microsoft/azure-container-apps#1558 for the port.
 *
 * @throws when an app cannot be called over TCP as it asks to be
 */
export function requireTransport(context: ServiceContext): void {
  const { inputs, world } = context;
  if (!isTcp(inputs)) return;
  const given = ofHttp.find((name) => isSet(valueAt(inputs, `configuration.ingress.${name}`)));
  if (given !== undefined) {
    throw new ServiceError(
      "ContainerAppInvalidIngress",
      `The ingress of Container App '${nameOfId(context.id)}' is TCP, for which '${given}' cannot be set.`,
    );
  }
  const environment = world.get("azure-native:app:ManagedEnvironment", environmentIdOf(inputs) ?? "");
  const subnet = textAt(environment?.properties ?? {}, "vnetConfiguration.infrastructureSubnetId");
  if (flagAt(inputs, "configuration.ingress.external") === true && subnet === undefined) {
    throw new ServiceError(
      "ContainerAppTcpRequiresVnet",
      "Applications with external TCP ingress can only be deployed to Container App Environments that have a custom VNET. Set ingress traffic to 'Limited to Container Apps Environment' if you want to deploy to a Container App Environment without a custom VNET.",
    );
  }
  const port = exposedPort(inputs);
  const isTaken = world
    .list("azure-native:app:ContainerApp")
    .some(
      ({ id, properties }) =>
        !sameId(id, context.id) &&
        sameId(environmentIdOf(properties), environmentIdOf(inputs)) &&
        isTcp(properties) &&
        exposedPort(properties) === port,
    );
  if (!isTaken && (port === undefined || !portsOfHttp.includes(port))) return;
  throw invalidTemplate("configuration.ingress.exposedPort", `Invalid value: ${port}: exposedPort already in use`);
}

function isTcp(app: ServiceContext["inputs"]): boolean {
  return textAt(app, "configuration.ingress.transport")?.toLowerCase() === "tcp";
}

function exposedPort(app: ServiceContext["inputs"]): number | undefined {
  return numberAt(app, "configuration.ingress.exposedPort") ?? numberAt(app, "configuration.ingress.targetPort");
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

/**
 * Rules of one list all allow or all deny, and name blocks of IPv4. Source: Azure documentation, "Set up IP ingress restrictions",
 * which does not tell the code.
 */
export function requireAllowedAddresses({ id, inputs }: ServiceContext): void {
  const rules = mapsAt(inputs, "configuration.ingress.ipSecurityRestrictions");
  const actions = new Set(rules.map((rule) => textAt(rule, "action")?.toLowerCase()));
  const wrong = rules.map((rule) => textAt(rule, "ipAddressRange") ?? "").find((range) => !parseBlock(range));
  const problem =
    actions.size > 1
      ? "all rules must have the same action"
      : wrong === undefined
        ? undefined
        : `'${wrong}' is not an IPv4 address or CIDR block`;
  if (problem === undefined) return;
  throw new ServiceError(
    "ContainerAppInvalidIpSecurityRestrictions",
    `The IP security restrictions of Container App '${nameOfId(id)}' are invalid: ${problem}.`,
  );
}
