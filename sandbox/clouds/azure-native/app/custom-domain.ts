import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import type { WorldTransaction } from "../../../world/world";
import { flagAt, textAt } from "../../property-path";
import { RepeatableRandom } from "../../repeatable-random";
import { subscriptionOf } from "../arm-id";

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
    400,
    `A TXT record pointing from asuid.${host} to ${verificationId} was not found.`,
  );
}

/** @throws when a managed certificate could not be issued because the name does not lead straight to the app */
export function requireDirectName(world: WorldTransaction, host: string, appName: string, target: string): void {
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
    400,
    `Could not validate the domain '${host}' for app '${appName}': an unproxied CNAME record from ${host} to ${target} was not found.`,
  );
}
