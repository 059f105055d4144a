import type * as pulumi from "@pulumi/pulumi";
import { type IdentityReference, ManagedIdentity } from "../identity/managed-identity";
import type { RoleGrant } from "../identity/role-assignment";
import type { ContainerSpec } from "./container-spec";

/**
 * The roles that a container's identity needs: to pull its image, to read each of its secrets and no other, and what is asked for.
 * For those who give an app an identity of their own.
 */
export function workloadRoles(spec: Pick<ContainerSpec, "registry" | "pull" | "secrets" | "roles">): RoleGrant[] {
  const read = [...Object.values(spec.secrets ?? {}), ...(spec.pull === undefined ? [] : [spec.pull.token])];
  const secrets = new Map(read.map((secret) => [secret.name, secret]));
  return [
    ...(spec.registry === undefined ? [] : [{ on: "registry", role: "AcrPull", scope: spec.registry.id } as const]),
    ...[...secrets.values()].map(
      (secret) => ({ on: secret.name, role: "Key Vault Secrets User", scope: secret.id }) as const,
    ),
    ...(spec.roles ?? []),
  ];
}

/** The identity that is given, or one of the container's own with the roles it needs. */
export function workloadIdentity(name: string, spec: ContainerSpec, parent: pulumi.Resource): IdentityReference {
  if (spec.identity !== undefined) return spec.identity;
  const { context, resourceGroupName, caches = [] } = spec;
  const own = new ManagedIdentity(name, { context, resourceGroupName, roles: workloadRoles(spec) }, { parent });
  const { id, principalId, clientId } = own;
  const admitted = caches.map((cache) => cache.admit(name, principalId, own));
  return { id, principalId, clientId, granted: [...own.granted, ...admitted] };
}

/** Everything that is wrong with a container's identity; empty when it is right. */
export function identityProblems(spec: ContainerSpec): string[] {
  if (spec.identity === undefined) return [];
  return (["roles", "caches"] as const)
    .filter((given) => spec[given] !== undefined)
    .map((given) => `identity and ${given} are both given; give the ${given} to the identity`);
}
