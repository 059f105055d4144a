import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import { textAt, textsAt } from "../../read-property";
import type { TypeRule } from "../../type-rule";
import { isWithin, parentOfId, sandboxTenant } from "../arm-id";
import { armType } from "../arm-type";
import { newPrincipal } from "../principals";

const credentialType = "azure-native:managedidentity:FederatedIdentityCredential";
const identityPath = "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}";

/** Source: Azure documentation, "Important considerations and restrictions for federated identity credentials". */
const maximumCredentials = 20;

function userAssignedIdentity(session: AzureSession): TypeRule {
  return armType({
    type: "managedidentity:UserAssignedIdentity",
    describedBy: ["msi", "Identity"],
    path: identityPath,
    name: {
      pattern: /^[A-Za-z0-9][\w-]{2,127}$/,
      expected: "3 to 128 letters, digits, - and _",
      code: "InvalidResourceName",
    },
    located: true,
    computed: {
      names: ["principalId", "clientId", "tenantId"],
      values: ({ world, id, existing }) => ({
        principalId: existing?.properties.principalId ?? newPrincipal(world, id).principalId,
        clientId: existing?.properties.clientId ?? newPrincipal(world, id).clientId,
        tenantId: sandboxTenant,
      }),
    },
    service: { create: ({ world, id }) => session.noteNewPrincipal(newPrincipal(world, id).principalId) },
  });
}

const federatedIdentityCredential = armType({
  type: "managedidentity:FederatedIdentityCredential",
  describedBy: ["msi", "FederatedIdentityCredential", "federatedIdentityCredentialResourceName"],
  path: `${identityPath}/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}`,
  parent: { type: "managedidentity:UserAssignedIdentity", path: identityPath },
  name: {
    pattern: /^[A-Za-z0-9][\w-]{2,119}$/,
    expected: "3 to 120 letters, digits, - and _",
    code: "InvalidResourceName",
  },
  required: ["issuer", "subject", "audiences"],
  check: (inputs) => {
    const audiences = inputs.audiences;
    return Array.isArray(audiences) && audiences.length !== 1
      ? [{ property: "audiences", reason: `'audiences': expected exactly one audience, got ${audiences.length}` }]
      : [];
  },
  oneAtATime: (_, id) => ({
    key: `federated-credentials:${parentOfId(id).toLowerCase()}`,
    refusal: () =>
      new ServiceError(
        "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
        `Too many Federated Identity Credentials are written concurrently for the managed identity '${parentOfId(id)}'. Concurrent Federated Identity Credentials writes under the same managed identity are not supported.`,
        409,
      ),
  }),
  service: {
    write: ({ world, id, inputs }) => {
      const siblings = world
        .list(credentialType)
        .filter((other) => isWithin(other.id, parentOfId(id)) && !isWithin(other.id, id));
      const same = siblings.find((other) =>
        ["issuer", "subject"].every((key) => textAt(other.properties, key) === textAt(inputs, key)),
      );
      if (same !== undefined) {
        throw new ServiceError(
          "BadRequest",
          "Issuer and subject combination already exists for this Managed Identity.",
        );
      }
      if (siblings.length >= maximumCredentials) {
        throw new ServiceError(
          "BadRequest",
          `A managed identity takes at most ${maximumCredentials} federated identity credentials.`,
        );
      }
    },
  },
});

export function managedIdentityRules(session: AzureSession): readonly TypeRule[] {
  return [userAssignedIdentity(session), federatedIdentityCredential];
}

/** The user-assigned identities that an input map gives itself. */
export function assignedIdentities(inputs: PropertyMap): readonly string[] {
  return textsAt(inputs, "identity.userAssignedIdentities");
}

/** What one run of the provider remembers: Azure's directory learns of new identities only after a while. */
export class AzureSession {
  private readonly newPrincipals = new Set<string>();

  noteNewPrincipal(principalId: string): void {
    this.newPrincipals.add(principalId.toLowerCase());
  }

  /** Whether the directory may not have heard of a principal yet, because this run made it. */
  isNewPrincipal(principalId: string): boolean {
    return this.newPrincipals.has(principalId.toLowerCase());
  }
}
