import type { Input, Output } from "@pulumi/pulumi";
import { type SecondWatcher, watcherRoles } from "../../components/heartbeat/second-watcher";
import { ManagedIdentity } from "../../components/identity/managed-identity";
import type { SecretReference } from "../../components/key-vault/key-vault";
import { refusal } from "../../lib/refusal";
import type { StackConfiguration } from "../stack-configuration";
import type { ControlPlane } from "./control-plane";
import type { AlaiInventory } from "./inventory";
import { programContainers } from "./inventory/rules/retirement-rules";
import { programSecrets } from "./inventory/rules/secret-rules";

/**
 * What `prod` tells the `hosts` stack for the second watcher. The identity is prod's, because prod's vault and backup store are:
 * `hosts` can be deployed and destroyed without a right to either.
 */
export interface WatcherPlace {
  readonly environmentId: string;
  readonly environmentName: string;
  readonly resourceGroupName: string;
  readonly defaultDomain: string;
  readonly domainVerificationId: string;
  readonly vaultId: string;
  readonly vaultUri: string;
  readonly containerId: string;
  readonly containerUrl: string;
  readonly identityId: string;
  readonly principalId: string;
  readonly clientId: string;
  readonly registryId: string;
  readonly registryServer: string;
}

/** What the watcher reads and writes: secrets by reference, and the container that keeps its count of failures. */
export function watcherParts(
  secret: (name: string) => SecretReference,
  container: SecondWatcher["container"],
  github: Omit<NonNullable<SecondWatcher["github"]>, "token">,
) {
  return {
    healthUrl: secret(programSecrets.healthUrl),
    slackWebhook: secret(programSecrets.opsAlerts),
    escalationWebhook: secret(programSecrets.opsEscalation),
    container,
    github: { ...github, token: secret(programSecrets.gitMirror) },
  };
}

/** Makes the watcher's identity, and says where it runs and as whom. */
export function prepareWatcher(
  { context, settings, tenantId }: StackConfiguration,
  { pipelines }: AlaiInventory,
  { environment, registry, resourceGroupName, vault, backups }: ControlPlane,
): { readonly identity: ManagedIdentity; readonly place: { readonly [Key in keyof WatcherPlace]: Input<string> } } {
  const container = backups.container(programContainers.heartbeat);
  const parts = watcherParts((name) => vault.secret(name), container, {
    owner: settings.require("githubOwner"),
    subjects: pipelines.oidcSubjects,
    tenantId,
  });
  if (registry === undefined)
    throw refusal(`environment "${context.environment}"`, [
      "the watcher's image comes from its registry, and it has none",
    ]);
  const roles = watcherRoles({ ...parts, registry });
  const identity = new ManagedIdentity("watcher", { context, resourceGroupName, roles });
  return {
    identity,
    place: {
      environmentId: environment.id,
      environmentName: environment.environmentName,
      resourceGroupName,
      defaultDomain: environment.defaultDomain,
      domainVerificationId: environment.domainVerificationId,
      vaultId: vault.id,
      vaultUri: vault.uri,
      containerId: container.id,
      containerUrl: container.url,
      identityId: identity.id,
      principalId: identity.principalId,
      clientId: identity.clientId,
      registryId: registry.id,
      registryServer: registry.loginServer,
    },
  };
}

/** A secret of prod's vault, as another stack sees it. */
export function secretOf(place: Output<WatcherPlace>, name: string): SecretReference {
  return {
    name,
    id: place.vaultId.apply((id) => `${id}/secrets/${name}`),
    uri: place.vaultUri.apply((uri) => `${uri}secrets/${name}`),
    version: undefined,
  };
}
