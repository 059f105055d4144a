import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import type { WorldTransaction } from "../../../world/world";
import { flagAt, mapsAt, textAt, valueAt } from "../../read-property";
import { RepeatableRandom } from "../../repeatable-random";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, parentOfId, sameId, subscriptionOf } from "../arm-id";
import { armType } from "../arm-type";
import { containerAppType, hostOfApp } from "./container-app";
import { environmentPath } from "./environment";
import { environmentIdOf, requireReadableCertificate } from "./identity-access";

/** Proves to Azure that a host name belongs to the subscription; the same for all its apps. */
export function verificationId(config: PropertyMap): string {
  return new RepeatableRandom(`custom domains ${subscriptionOf(config)}`).hex(64).toUpperCase();
}

const recordType = "cloudflare:index/dnsRecord:DnsRecord";
const zoneType = "cloudflare:index/zone:Zone";

/** The DNS records of a name. Undefined when no zone of the emulated world holds the name: then nobody can tell. */
function recordsOf(world: WorldTransaction, host: string) {
  const isVisible = world.list(zoneType).some(({ properties }) => {
    const zone = textAt(properties, "name");
    return zone !== undefined && (host === zone || host.endsWith(`.${zone}`));
  });
  if (!isVisible) return undefined;
  return world
    .list(recordType)
    .map(({ properties }) => properties)
    .filter((record) => textAt(record, "name")?.toLowerCase() === host.toLowerCase());
}

/** @throws InvalidCustomHostNameValidation when the TXT record that proves ownership of a host name is missing */
export function requireOwnership(world: WorldTransaction, host: string, verificationId: string): void {
  const records = recordsOf(world, `asuid.${host}`);
  const proven = records?.some(
    (record) => textAt(record, "type") === "TXT" && textAt(record, "content")?.replaceAll('"', "") === verificationId,
  );
  if (proven !== false) return;
  throw new ServiceError(
    "InvalidCustomHostNameValidation",
    `A TXT record pointing from asuid.${host} to ${verificationId} was not found.`,
  );
}

/** @throws when a managed certificate could not be issued because the name does not lead straight to the app */
function requireDirectName(world: WorldTransaction, host: string, appName: string, target: string): void {
  const records = recordsOf(world, host);
  if (records === undefined) return;
  const leads = records.some((record) => {
    const isAlias =
      textAt(record, "type") === "CNAME" &&
      textAt(record, "content")?.toLowerCase().replace(/\.$/, "") === target.toLowerCase();
    return (isAlias || textAt(record, "type") === "A") && flagAt(record, "proxied") !== true;
  });
  if (leads) return;
  throw new ServiceError(
    "CertificateDomainValidationFailed",
    `Could not validate the domain '${host}' for app '${appName}': an unproxied CNAME record from ${host} to ${target} was not found.`,
  );
}

export const managedCertificate = armType({
  type: "app:ManagedCertificate",
  describedBy: ["appcontainers", "ManagedCertificate"],
  path: `${environmentPath}/managedCertificates/{managedCertificateName}`,
  parent: { type: "app:ManagedEnvironment", path: environmentPath },
  name: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/,
    expected: "1 to 64 letters, digits, . and -",
    code: "InvalidResourceName",
  },
  located: true,
  required: ["properties", "properties.subjectName"],
  allowed: { "properties.domainControlValidation": ["CNAME", "HTTP", "TXT"] },
  createOnly: ["properties.subjectName", "properties.domainControlValidation"],
  computed: {
    names: ["properties.provisioningState", "properties.validationToken"],
    values: ({ random }) => ({ properties: { provisioningState: "Succeeded", validationToken: random.hex(32) } }),
  },
  service: { create: requireHostname },
});

/** A certificate of one's own: from a vault or as a file, of which the service tells neither content nor password. */
export const certificate = armType({
  type: "app:Certificate",
  describedBy: ["appcontainers", "Certificate"],
  path: `${environmentPath}/certificates/{certificateName}`,
  parent: { type: "app:ManagedEnvironment", path: environmentPath },
  name: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/,
    expected: "1 to 64 letters, digits, . and -",
    code: "InvalidResourceName",
  },
  located: true,
  check: (inputs) =>
    ["properties.value", "properties.certificateKeyVaultProperties"].some((path) => valueAt(inputs, path) !== undefined)
      ? []
      : [{ property: "properties.value", reason: "needs 'value' or 'certificateKeyVaultProperties'" }],
  notReturned: ["properties.value", "properties.password"],
  service: { write: requireReadableCertificate },
  computed: {
    names: ["properties.provisioningState", "properties.valid", "properties.thumbprint", "properties.expirationDate"],
    values: ({ random }) => ({
      properties: {
        provisioningState: "Succeeded",
        valid: true,
        thumbprint: random.hex(40).toUpperCase(),
        expirationDate: "2027-01-01T00:00:00Z",
      },
    }),
  },
});

/** The certificate is issued for a name that an app of the environment carries and that leads to this app. */
function requireHostname({ world, id, inputs }: ServiceContext): void {
  const environment = parentOfId(id);
  const host = textAt(inputs, "properties.subjectName") ?? "";
  const app = world
    .list(containerAppType)
    .filter(({ properties }) => sameId(environmentIdOf(properties), environment))
    .find(({ properties }) =>
      mapsAt(properties, "configuration.ingress.customDomains").some((domain) => sameId(textAt(domain, "name"), host)),
    );
  if (app === undefined) {
    throw new ServiceError(
      "RequireCustomHostnameInEnvironment",
      `Creating managed certificate requires hostname '${host}' added as a custom hostname to a container app in environment '${nameOfId(environment)}'.`,
    );
  }
  const name = nameOfId(app.id);
  requireOpenToAll(name, host, app.properties);
  if (textAt(inputs, "properties.domainControlValidation") !== "CNAME") return;
  requireDirectName(world, host, name, hostOfApp(world, name, app.properties));
}

/**
 * Since August 2025 the authority that issues the certificates calls the app itself, from addresses that it does not tell.
 * Source: microsoft/azure-container-apps#1542, which does not tell the code of the refusal.
 */
function requireOpenToAll(appName: string, host: string, app: PropertyMap): void {
  const isListed = mapsAt(app, "configuration.ingress.ipSecurityRestrictions").some(
    (restriction) => textAt(restriction, "action") === "Allow",
  );
  if (!isListed && flagAt(app, "configuration.ingress.external") === true) return;
  const reason = isListed ? "takes calls from listed addresses only" : "has no ingress from outside";
  throw new ServiceError(
    "CertificateDomainValidationFailed",
    `Could not validate the domain '${host}': the app '${appName}' ${reason}, so that the certificate authority cannot call it. Bind a certificate of your own.`,
  );
}
