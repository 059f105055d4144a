import { ServiceError } from "../../../engine/provider";
import { flagAt, mapAt, textAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, sameId } from "../arm-id";
import { hasRole } from "../authorization";
import { vaultOfUrl } from "../keyvault/vault";
import { identityType } from "../principals";

/** Key Vault Crypto Service Encryption User. */
const usesKeys = ["e147488a-f6f5-4113-8e2d-b22465e65bf6"];

/**
 * A server with a key of its owner's: the key is there, in a vault of the server's region that cannot be purged and that lets Azure's
 * services in; the server has the identity, and the identity the role. Azure's documentation has the rules and not the codes.
 * Source: Azure documentation, "Data encryption in Azure Database for PostgreSQL: Requirements, Limitations".
 */
export function refuseBadKey({ world, inputs }: ServiceContext): void {
  if (textAt(inputs, "dataEncryption.type") !== "AzureKeyVault") return;
  const url = textAt(inputs, "dataEncryption.primaryKeyURI") ?? "";
  const identity = textAt(inputs, "dataEncryption.primaryUserAssignedIdentityId") ?? "";
  const vault = vaultOfUrl(world, url);
  const keyId = `${vault?.id}/keys/${/\/keys\/([^/]+)/.exec(url)?.[1]}`;
  const principal = textAt(world.get(identityType, identity)?.properties ?? {}, "principalId");
  const properties = mapAt(vault?.properties ?? {}, "properties");
  const given = Object.keys(mapAt(inputs, "identity.userAssignedIdentities"));
  const problems: readonly (readonly [boolean, string])[] = [
    [
      url === "" || identity === "",
      "A customer managed key needs 'primaryKeyURI' and 'primaryUserAssignedIdentityId'.",
    ],
    [world.get("azure-native:keyvault:Key", keyId) === undefined, `The key '${url}' was not found.`],
    [
      textAt(vault?.properties ?? {}, "location") !== textAt(inputs, "location"),
      `The vault '${nameOfId(vault?.id ?? "")}' is not in the server's region.`,
    ],
    [
      flagAt(properties, "enablePurgeProtection") !== true,
      "The vault of a customer managed key needs purge protection.",
    ],
    [
      textAt(properties, "publicNetworkAccess") === "Disabled" &&
        textAt(properties, "networkAcls.bypass") !== "AzureServices",
      "The vault of a customer managed key must let trusted Azure services in.",
    ],
    [
      !given.some((id) => sameId(id, identity)),
      "The identity of a customer managed key must be among the server's 'userAssignedIdentities'.",
    ],
    [
      principal === undefined || !hasRole(world, principal, keyId, usesKeys),
      `The identity '${nameOfId(identity)}' may not use the key '${url}'.`,
    ],
    [
      textAt(inputs, "backup.geoRedundantBackup") === "Enabled" &&
        textAt(inputs, "dataEncryption.geoBackupKeyURI") === undefined,
      "Geo-redundant backup with a customer managed key needs 'geoBackupKeyURI' and an identity in the paired region.",
    ],
  ];
  for (const [isWrong, message] of problems) if (isWrong) throw new ServiceError("InvalidParameterValue", message);
}
