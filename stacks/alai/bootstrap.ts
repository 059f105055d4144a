import { ResourceGroup } from "@pulumi/azure-native/resources";
import { all, type Inputs, type Output } from "@pulumi/pulumi";
import { stateful } from "../../components/adoption/adoption";
import { BackupStore } from "../../components/backup-store/backup-store";
import {
  alarmSecrets,
  appClientIdVariable,
  clientIdVariable,
  deliveryVariables,
  type IdentityKind,
  pagerSecrets,
  subscriptionVariable,
  tokenSecrets,
} from "../../components/delivery/delivery-plan";
import { DeliverySettings } from "../../components/delivery/delivery-settings";
import { ManagedIdentity } from "../../components/identity/managed-identity";
import { onlyAssigns, type RoleGrant } from "../../components/identity/role-assignment";
import { KeyVault } from "../../components/key-vault/key-vault";
import { physicalName } from "../../components/naming/physical-name";
import { LogAnalytics } from "../../components/observability/log-analytics";
import type { Reach } from "../../components/reach/reach";
import type { StackConfiguration } from "../stack-configuration";
import type { AlaiInventory } from "./inventory";

/**
 * What must exist before the others: where their state is kept, the keys that encrypt its secrets, and who may deploy.
 *
 * ```
 *  pull request ──▸ preview identity ─┬─ reads:  environment, its state container, its key
 *  environment  ──▸ deploy identity  ─┴─ writes: environment, its state container, its key
 * ```
 *
 *
 * A person deploys this stack, so it has a state container and a key, and no identities. The drift workflow has one more, which reads
 * where to raise an alarm: pull requests run as the preview identities, and must not be able to wake people up.
 */
export function bootstrap(configuration: StackConfiguration, inventory: AlaiInventory): Inputs {
  const { context, settings, tenantId } = configuration;
  const { environments } = inventory.pipelines;
  const states = [context.environment, ...environments];
  const reachedBy: Reach[] = [
    { who: "laptops", via: "addresses", addresses: settings.requireObject<string[]>("operatorAddresses") },
    { who: "ci", via: "addresses", addresses: settings.requireObject<string[]>("runnerAddresses") },
  ];

  const group = new ResourceGroup(
    "main",
    { resourceGroupName: physicalName(context, "resourceGroup"), location: context.location },
    stateful(context),
  );
  const place = { context, resourceGroupName: group.name };
  const workspaceId = new LogAnalytics("logs", place).id;
  const vault = new KeyVault("vault", {
    ...place,
    tenantId,
    workspaceId,
    reachedBy,
    keys: states,
    secrets: pipelineSecrets(environments),
  });
  const state = new BackupStore("state", {
    ...place,
    workspaceId,
    reachedBy,
    redundancy: "geo",
    recoveryDays: 90,
    deletionLock: "called-for",
    containers: states.map((name) => ({ name, holds: "copies" })),
  });

  const parts = environments.map((environment) => {
    const access = { place, configuration, inventory, environment, vault };
    const keyId = all([vault.id, vault.keyUri(environment)]).apply(([id]) => `${id}/keys/${environment}`);
    return { environment, ...identitiesOf(access, state.containerId(environment), keyId) };
  });
  const alarm = alarmIdentity(place, configuration, inventory, vault);
  new DeliverySettings("delivery", {
    repository: inventory.pipelines.repository,
    variables: {
      ...Object.fromEntries(
        parts.flatMap(({ environment, preview, deploy }) => [
          [clientIdVariable("preview", environment), preview.clientId],
          [clientIdVariable("deploy", environment), deploy.clientId],
          [
            subscriptionVariable(environment),
            subscriptionOf(configuration, environment).replace("/subscriptions/", ""),
          ],
        ]),
      ),
      [deliveryVariables.tenant]: tenantId,
      [deliveryVariables.stateAccount]: state.accountName,
      [deliveryVariables.vault]: vault.vaultName,
      [appClientIdVariable("preview")]: settings.require("previewingAppClientId"),
      [appClientIdVariable("deploy")]: settings.require("deployingAppClientId"),
      [deliveryVariables.tailnetClientId]: settings.require("tailnetClientId"),
      [deliveryVariables.tailnetAudience]: settings.require("tailnetAudience"),
      [deliveryVariables.alarmClientId]: alarm.clientId,
    },
  });
  if (context.lasting) state.lock(parts.flatMap(({ preview, deploy }) => [preview, deploy]));
  return {
    stateAccount: state.accountName,
    backends: Object.fromEntries(states.map((name) => [name, `azblob://${name}`])),
    secretsProviders: Object.fromEntries(states.map((name) => [name, secretsProvider(vault.keyUri(name))])),
    previewClientIds: Object.fromEntries(parts.map(({ environment, preview }) => [environment, preview.clientId])),
    deployClientIds: Object.fromEntries(parts.map(({ environment, deploy }) => [environment, deploy.clientId])),
  };
}

/** What pipelines read: each identity its own tokens, those that deploy also where to page, and the drift workflow's where to tell of it. */
function pipelineSecrets(environments: readonly string[]): string[] {
  const tokens = environments.flatMap((environment) =>
    (["preview", "deploy"] as const).flatMap((kind) => Object.values(tokenSecrets(kind, environment))),
  );
  return [...tokens, ...Object.values(alarmSecrets)];
}

/** What `pulumi stack init --secrets-provider` takes: the key with its version, because a rotated key must not change the state's. */
function secretsProvider(keyUri: Output<string>): Output<string> {
  return keyUri.apply((uri) => uri.replace(/^https:/, "azurekeyvault:"));
}

interface EnvironmentAccess {
  readonly place: Pick<ConstructorParameters<typeof ManagedIdentity>[1], "context" | "resourceGroupName">;
  readonly configuration: StackConfiguration;
  readonly inventory: AlaiInventory;
  readonly environment: string;
  readonly vault: KeyVault;
}

/** Whom the drift workflow becomes to read where to raise an alarm. It reads those secrets and does nothing else. */
function alarmIdentity(
  place: EnvironmentAccess["place"],
  { settings }: StackConfiguration,
  { pipelines }: AlaiInventory,
  vault: KeyVault,
): ManagedIdentity {
  const repository = `${settings.require("githubOwner")}/${pipelines.repository}`;
  return new ManagedIdentity("alarm", {
    ...place,
    federatedCredentials: [{ name: "drift", subject: `repo:${repository}:environment:${pipelines.driftEnvironment}` }],
    roles: Object.entries(alarmSecrets).map(([name, secret]) => ({
      on: name,
      role: "Key Vault Secrets User",
      scope: vault.secret(secret).id,
    })),
  });
}

/** The two identities of an environment: one that reads, for pull requests; one that writes, for the protected environment. */
function identitiesOf(access: EnvironmentAccess, containerId: Output<string>, keyId: Output<string>) {
  const { place, configuration, inventory, environment, vault } = access;
  const repository = `${configuration.settings.require("githubOwner")}/${inventory.pipelines.repository}`;
  const subscription = subscriptionOf(configuration, environment);
  const key: RoleGrant = { on: "key", role: "Key Vault Crypto User", scope: keyId };
  const secretGrant = (on: string, secret: string): RoleGrant => {
    return { on, role: "Key Vault Secrets User", scope: vault.secret(secret).id };
  };
  const tokens = (kind: IdentityKind): RoleGrant[] =>
    Object.entries(tokenSecrets(kind, environment)).map(([name, secret]) => secretGrant(name, secret));

  const preview = new ManagedIdentity(`preview-${environment}`, {
    ...place,
    federatedCredentials: [
      { name: "pull-requests", subject: `repo:${repository}:pull_request` },
      // Plans before an approval.
      { name: "branch", subject: `repo:${repository}:ref:refs/heads/main` },
      { name: "drift", subject: `repo:${repository}:environment:${inventory.pipelines.driftEnvironment}` },
    ],
    roles: [
      ...tokens("preview"),
      { on: "state", role: "Storage Blob Data Reader", scope: containerId },
      key,
      { on: "subscription", role: "Reader", scope: subscription },
    ],
  });
  const deploy = new ManagedIdentity(`deploy-${environment}`, {
    ...place,
    federatedCredentials: [
      { name: "environment", subject: `repo:${repository}:environment:${environment}` },
      { name: "break-glass", subject: `repo:${repository}:environment:${inventory.pipelines.breakGlassEnvironment}` },
    ],
    roles: [
      ...tokens("deploy"),
      ...Object.entries(pagerSecrets).map(([name, secret]) => secretGrant(name, secret)),
      { on: "state", role: "Storage Blob Data Contributor", scope: containerId },
      key,
      { on: "subscription", role: "Contributor", scope: subscription },
      { on: "subscription", role: "Locks Contributor", scope: subscription },
      {
        on: "subscription",
        role: "Role Based Access Control Administrator",
        scope: subscription,
        condition: onlyAssigns(["AcrPull", "Key Vault Secrets User", "Storage Blob Data Contributor"]),
      },
    ],
  });
  return { preview, deploy };
}

/** Each environment has its own subscription where there are several: roles on one then say nothing about another. */
function subscriptionOf({ settings, subscription }: StackConfiguration, environment: string): string {
  const id = settings.getObject<Record<string, string>>("subscriptions")?.[environment];
  return id === undefined ? subscription : `/subscriptions/${id}`;
}
