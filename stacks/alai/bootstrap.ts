import { RoleDefinition } from "@pulumi/azure-native/authorization";
import { all, type Inputs, type Output } from "@pulumi/pulumi";
import { BackupStore } from "../../components/backup-store/backup-store";
import { Budget } from "../../components/budget/budget";
import { DeliverySettings } from "../../components/delivery/delivery";
import {
  alarmSecrets,
  appClientIdVariable,
  clientIdVariable,
  type DeliveredStack,
  deliveryVariables,
  previewEnvironment,
  proposals,
  releaseSecrets,
  sshKeySecret,
  subscriptionVariable,
  type TailnetClient,
  tailnetClients,
  tailnetClientVariable,
  tokenSecrets,
} from "../../components/delivery/delivery-plan";
import { giveRights } from "../../components/identity/people";
import { KeyVault } from "../../components/key-vault/key-vault";
import { Alerts, type AlertsArgs } from "../../components/observability/alerts";
import { LogAnalytics } from "../../components/observability/log-analytics";
import { alertRules } from "../../components/observability/watch-rules";
import type { Reach } from "../../components/reach/reach-plan";
import { makeResourceGroup } from "../../components/resource-group/resource-group";
import { azureRoles } from "../../lib/azure/built-in-roles";
import { refuse } from "../../lib/refusal";
import { stackDefinition, stackDefinitions, workflowStacks } from "../registry";
import { alertAddressesOf } from "../settings";
import type { StackConfiguration } from "../stack-configuration";
import { stateContainerOf } from "../state-container";
import { type SubscribedStack, sharedSubscriptions, subscriptionOf } from "../subscriptions";
import { alaiDelivery } from "./delivery";
import type { AlaiInventory } from "./inventory";
import {
  databaseHoursRole,
  identitiesOf,
  previewIdentity,
  previewVariables,
  readingIdentities,
  workflowRepository,
} from "./pipeline-identities";
import { releaseIdentities } from "./release-identities";
import { runbooks } from "./settings";

/**
 * What must exist before the others: where their state is kept, the keys that encrypt its secrets, and who may deploy.
 *
 * ```
 *  pull request ──▸ preview identity ─┬─ reads:  environment, its state container, its key
 *  environment  ──▸ deploy identity  ─┴─ writes: environment, its state container, its key
 *  its label    ──▸ preview environments' own identity ─ writes: their own subscription, state container, key
 * ```
 *
 * A stack that reads another one's outputs keeps its state beside that one's, and reads its key too: a stack reference reaches no
 * further than its backend. `hosts` does so with `prod`, which has the same reviewers, and changes only its own blobs there.
 *
 * A person deploys this stack, so it has a state container and a key, and no identities. Two more deploy nothing: one reads where drift
 * is told, because pull requests run as the preview identities and must not be able to wake people up; one reads the key of the app
 * that proposes changes.
 */
export function bootstrap(configuration: StackConfiguration, inventory: AlaiInventory): Inputs {
  const { context, settings, tenantId } = configuration;
  const delivered = alaiDelivery(inventory).stacks.map((stack) => ({
    ...stack,
    system: stackDefinition(stack.name).system,
    subscription: subscriptionOf(stack.name),
  }));
  const previewsIn = subscriptionOf(previewEnvironment);
  refuse('stack "bootstrap"', subscriptionProblems(configuration, delivered, previewsIn));
  const environments = workflowStacks;
  const states = [context.environment, ...environments, previewEnvironment];
  const containers = new Map(
    states.map((name) => [name, environments.includes(name) ? stateContainerOf(name) : name] as const),
  );
  const containerOf = (name: string): string => containers.get(name) ?? name;
  const reachedBy: Reach[] = [
    { who: "laptops", via: "addresses", addresses: settings.requireObject<string[]>("operatorAddresses") },
    { who: "ci", via: "addresses", addresses: settings.requireObject<string[]>("runnerAddresses") },
  ];

  const group = makeResourceGroup(context);
  const contactEmails = alertAddressesOf(configuration);
  new Budget("monthly", { context, scope: group.id, ...inventory.pipelines.budget, contactEmails });
  const place = { context, resourceGroupName: group.name };
  const workspaceId = new LogAnalytics("logs", place).id;
  const vault = new KeyVault("vault", {
    ...place,
    tenantId,
    workspaceId,
    reachedBy,
    keys: states,
    secrets: pipelineSecrets(delivered),
  });
  tellOfExpiry(configuration, inventory, { ...place, workspaceId, vault });
  const state = new BackupStore("state", {
    ...place,
    workspaceId,
    reachedBy,
    redundancy: "geo",
    recoveryDays: 90,
    deletionLock: "called-for",
    containers: [...new Set(containers.values())].map((name) => ({ name, holds: "copies" })),
  });

  const keyId = (name: string) => all([vault.id, vault.keyUri(name)]).apply(([id]) => `${id}/keys/${name}`);
  const parts = delivered.map((stack) => {
    const { name: environment, subscription } = stack;
    const access = { place, configuration, inventory, stack, vault };
    const keys = [environment, ...stackDefinition(environment).readsFrom].map((of) => ({ of, id: keyId(of) }));
    return { environment, subscription, ...identitiesOf(access, state.containerId(containerOf(environment)), keys) };
  });
  // In no subscription whose changes a reviewer lets in: production's servers run at night.
  new RoleDefinition("database-hours", {
    scope: configuration.subscription,
    roleDefinitionId: azureRoles[databaseHoursRole],
    roleName: databaseHoursRole,
    description: "Starts and stops database servers, and sees whether they run",
    permissions: [
      {
        actions: ["read", "start/action", "stop/action"].map(
          (one) => `Microsoft.DBforPostgreSQL/flexibleServers/${one}`,
        ),
      },
    ],
    assignableScopes: [
      configuration.subscription,
      ...delivered.flatMap(({ approval, subscription }) =>
        approval === "merge" ? [`/subscriptions/${subscription}`] : [],
      ),
    ],
  });
  const previews = previewIdentity({
    ...place,
    repository: workflowRepository(settings, inventory.pipelines),
    stateId: state.containerId(previewEnvironment),
    keyId: keyId(previewEnvironment),
    subscription: previewsIn,
  });
  const people = giveRights(inventory.pipelines.people, {
    context,
    groups: settings.getObject<Record<string, string>>("peopleGroups") ?? {},
    placeOf: (stack) => {
      const subscription = subscriptionOf(stack);
      const owner = stackDefinitions.find(({ name }) => subscriptionOf(name) === subscription)?.name ?? stack;
      const container = containerOf(stack);
      return {
        owner,
        subscription,
        container: { name: container, id: state.containerId(container) },
        keyId: keyId(stack),
      };
    },
  });
  const tailnetIds = settings.requireObject<Record<TailnetClient, string>>("tailnetClients");
  const { alarm, proposing } = readingIdentities(place, configuration, inventory, vault);
  const places = {
    [deliveryVariables.tenant]: tenantId,
    [deliveryVariables.stateAccount]: state.accountName,
    [deliveryVariables.vault]: vault.vaultName,
  };
  const releasing = releaseIdentities({
    ...{ place, configuration, inventory, vault, variables: places },
    stateId: (container) => state.containerId(container),
  });
  new DeliverySettings("delivery", {
    repository: inventory.pipelines.repository,
    variables: {
      ...Object.fromEntries(
        parts.flatMap(({ environment, subscription, preview, deploy }) => [
          [clientIdVariable("preview", environment), preview.clientId],
          [clientIdVariable("deploy", environment), deploy.clientId],
          [subscriptionVariable(environment), subscription],
        ]),
      ),
      ...previewVariables(previews, previewsIn),
      ...places,
      [appClientIdVariable("preview")]: settings.require("previewingAppClientId"),
      [appClientIdVariable("deploy")]: settings.require("deployingAppClientId"),
      [proposals.appClientId]: settings.require("proposingAppClientId"),
      ...Object.fromEntries(tailnetClients.map((client) => [tailnetClientVariable(client), tailnetIds[client]])),
      [deliveryVariables.alarmClientId]: alarm.clientId,
      [deliveryVariables.proposingClientId]: proposing.clientId,
    },
  });
  const granted = [
    ...parts.flatMap(({ preview, deploy }) => [preview, deploy]),
    ...Object.values(releasing).map(({ release }) => release),
  ];
  if (context.lasting) state.lock([...granted, previews, ...people]);
  return {
    stateAccount: state.accountName,
    backends: Object.fromEntries(states.map((name) => [name, `azblob://${containerOf(name)}`])),
    secretsProviders: Object.fromEntries(states.map((name) => [name, secretsProvider(vault.keyUri(name))])),
    previewClientIds: Object.fromEntries(parts.map(({ environment, preview }) => [environment, preview.clientId])),
    deployClientIds: {
      ...Object.fromEntries(parts.map(({ environment, deploy }) => [environment, deploy.clientId])),
      [previewEnvironment]: previews.clientId,
    },
    // For `landscape:releasePrincipals` in each stack's file.
    releasePrincipals: Object.fromEntries(
      Object.entries(releasing).map(([stack, identities]) => [
        stack,
        Object.fromEntries(Object.entries(identities).map(([what, { principalId }]) => [what, principalId])),
      ]),
    ),
  };
}

/** Who is told that a secret of the pipelines ends. */
function tellOfExpiry(
  { context, settings }: StackConfiguration,
  { monitoring: { routes, rules } }: AlaiInventory,
  { vault, ...place }: Pick<AlertsArgs, "context" | "resourceGroupName" | "workspaceId"> & { readonly vault: KeyVault },
): void {
  const nothing = { app: [], job: [], database: [], cache: [], queue: [] };
  const targets = { ...nothing, vault: [{ name: "vault", id: vault.id }] };
  new Alerts("alerts", {
    ...{ ...place, routes },
    receivers: settings.requireObject<Record<string, string>>("alertEmails"),
    rules: alertRules(rules, context.environment, targets, runbooks),
  });
}

function subscriptionProblems(
  { context, subscription }: StackConfiguration,
  delivered: readonly SubscribedStack[],
  previewsIn: string,
): string[] {
  const own = subscription.replace("/subscriptions/", "");
  return sharedSubscriptions([
    { name: context.environment, system: context.project, subscription: own, approval: "a-person" },
    ...delivered,
    { name: previewEnvironment, system: undefined, subscription: previewsIn, approval: "pull-request" },
  ]);
}

/** What pipelines read: each identity its own tokens, those that deploy also where to page, and the drift workflow's where to tell of it. */
export function pipelineSecrets(stacks: readonly DeliveredStack[]): string[] {
  const tokens = stacks.flatMap((stack) =>
    (["preview", "deploy"] as const).flatMap((kind) => Object.values(tokenSecrets(kind, stack))),
  );
  const keys = stacks.filter(({ installsOnMachines }) => installsOnMachines).map(({ name }) => sshKeySecret(name));
  return [...tokens, ...keys, ...Object.values(alarmSecrets), proposals.appKey, ...Object.values(releaseSecrets)];
}

/** What `pulumi stack init --secrets-provider` takes: the key with its version, because a rotated key must not change the state's. */
function secretsProvider(keyUri: Output<string>): Output<string> {
  return keyUri.apply((uri) => uri.replace(/^https:/, "azurekeyvault:"));
}
