import { getProject, type Output } from "@pulumi/pulumi";
import {
  alarmSecrets,
  clientIdVariable,
  type DeliveredStack,
  type IdentityKind,
  pagerSecrets,
  previewEnvironment,
  proposals,
  sshKeySecret,
  subscriptionVariable,
  tokenSecrets,
} from "../../components/delivery/delivery-plan";
import { trustRuns, type WorkflowRepository } from "../../components/github-actions/oidc-subjects";
import { ManagedIdentity, type ManagedIdentityArgs } from "../../components/identity/managed-identity";
import { onlyAssigns, onlyChanges, onlyReadsIn, type RoleGrant } from "../../components/identity/role-assignment";
import type { KeyVault } from "../../components/key-vault/key-vault";
import { type AzureRole, rolesOfStacks } from "../../lib/azure/built-in-roles";
import { installsOnMachines } from "../registry";
import type { StackConfiguration } from "../stack-configuration";
import { stateBlobs, stateContainerOf } from "../state-container";
import { type SubscribedStack, subscriptionOf } from "../subscriptions";
import { backupAccountId } from "./backup-account";
import type { AlaiInventory } from "./inventory";

/** What a job may do that stops a database server at night, where no reviewer lets changes in. */
export const databaseHoursRole = "Landscape Database Hours" as const satisfies AzureRole;

/** Where the identities of an environment are made, and for what. */
export interface EnvironmentAccess {
  readonly place: Pick<ConstructorParameters<typeof ManagedIdentity>[1], "context" | "resourceGroupName">;
  readonly configuration: StackConfiguration;
  readonly inventory: AlaiInventory;
  readonly stack: DeliveredStack & Pick<SubscribedStack, "subscription">;
  readonly vault: KeyVault;
}

/** The repository whose runs become the identities of the pipelines. */
export function workflowRepository(
  settings: StackConfiguration["settings"],
  { repository, oidcSubjects }: AlaiInventory["pipelines"],
): WorkflowRepository {
  return { owner: settings.require("githubOwner"), name: repository, subjects: oidcSubjects };
}

/**
 * Whom workflows become that deploy nothing: `alarm`, to read where drift is told, and `proposing`, to read the key of the app that
 * proposes changes. Each reads its own secrets, for runs of its own environment, and does nothing else.
 */
export function readingIdentities(
  place: EnvironmentAccess["place"],
  { settings }: StackConfiguration,
  { pipelines }: AlaiInventory,
  vault: KeyVault,
): { readonly alarm: ManagedIdentity; readonly proposing: ManagedIdentity } {
  const reader = (name: string, environment: string, secrets: Readonly<Record<string, string>>) =>
    new ManagedIdentity(name, {
      ...place,
      federatedCredentials: trustRuns(workflowRepository(settings, pipelines), [
        { name: environment, run: `environment:${environment}` },
      ]),
      roles: Object.entries(secrets).map(([on, secret]) => ({
        ...{ on, role: "Key Vault Secrets User", scope: vault.secret(secret).id },
      })),
    });
  return {
    alarm: reader("alarm", pipelines.driftEnvironment, alarmSecrets),
    proposing: reader("proposing", proposals.environment, { "app-key": proposals.appKey }),
  };
}

/** A key that encrypts a stack's secrets. */
export interface StateKey {
  /** The stack. */
  readonly of: string;
  readonly id: Output<string>;
}

/**
 * The two identities of an environment: one that reads, for pull requests; one that writes, for the protected environment.
 *
 * @param containerId where the state is
 * @param stateKeys its own key, and those of the stacks it reads from: a stack reference reads their whole state
 */
export function identitiesOf(access: EnvironmentAccess, containerId: Output<string>, stateKeys: readonly StateKey[]) {
  const { place, configuration, inventory, stack, vault } = access;
  const { name: environment } = stack;
  const isReviewed = stack.approval === "reviewers";
  const repository = workflowRepository(configuration.settings, inventory.pipelines);
  const subscription = `/subscriptions/${stack.subscription}`;
  const keys = stateKeys.map(({ of, id }): RoleGrant => {
    return { on: of === environment ? "key" : `key-of-${of}`, role: "Key Vault Crypto User", scope: id };
  });
  const secretGrant = (on: string, secret: string): RoleGrant => {
    return { on, role: "Key Vault Secrets User", scope: vault.secret(secret).id };
  };
  const tokens = (kind: IdentityKind): RoleGrant[] =>
    Object.entries(tokenSecrets(kind, stack)).map(([name, secret]) => secretGrant(name, secret));

  // A guest in another stack's container reads that one's state, for its stack reference, and changes only its own.
  const isGuest = stateContainerOf(environment) !== environment;
  const ownState = isGuest ? { condition: onlyChanges(stateBlobs(getProject(), environment)) } : {};

  const preview = new ManagedIdentity(`preview-${environment}`, {
    ...place,
    federatedCredentials: trustRuns(repository, [
      { name: "pull-requests", run: "pull_request" },
      // Plans before an approval.
      ...(isReviewed ? [{ name: "branch", run: "ref:refs/heads/main" }] : []),
      { name: "drift", run: `environment:${inventory.pipelines.driftEnvironment}` },
    ]),
    roles: [
      ...tokens("preview"),
      { on: "state", role: "Storage Blob Data Reader", scope: containerId },
      ...keys,
      { on: "subscription", role: "Reader", scope: subscription },
      ...(installsOnMachines(environment) ? leaseReader(inventory) : []),
    ],
  });
  const deploy = new ManagedIdentity(`deploy-${environment}`, {
    ...place,
    federatedCredentials: trustRuns(repository, [
      { name: "environment", run: `environment:${environment}` },
      // Goes past an approval, so it is of no use where there is none.
      ...(isReviewed ? [{ name: "break-glass", run: `environment:${inventory.pipelines.breakGlassEnvironment}` }] : []),
    ]),
    roles: [
      ...tokens("deploy"),
      ...(installsOnMachines(environment) ? [secretGrant("sshKey", sshKeySecret(environment))] : []),
      ...Object.entries(pagerSecrets).map(([name, secret]) => secretGrant(name, secret)),
      { on: "state", role: "Storage Blob Data Contributor", scope: containerId, ...ownState },
      ...keys,
      { on: "subscription", role: "Contributor", scope: subscription },
      { on: "subscription", role: "Locks Contributor", scope: subscription },
      // Error budgets, before a release.
      { on: "subscription", role: "Monitoring Data Reader", scope: subscription },
      {
        on: "subscription",
        role: "Role Based Access Control Administrator",
        scope: subscription,
        condition: onlyAssigns([...rolesOfStacks, ...(isReviewed ? [] : [databaseHoursRole])]),
      },
    ],
  });
  return { preview, deploy };
}

/**
 * What the drift of the hosts' stack needs to compare the failover name with the lease: to read the container that the lease is in,
 * of all the backup account has. The account was there before; the container is `prod`'s, which is deployed later.
 */
function leaseReader({ backup, hosts }: AlaiInventory): readonly RoleGrant[] {
  const adopted = backup.stores.prod?.adopt;
  if (adopted === undefined) return [];
  return [
    {
      on: "lease",
      role: "Storage Blob Data Reader",
      scope: backupAccountId(`/subscriptions/${subscriptionOf("prod")}`, adopted),
      condition: onlyReadsIn(hosts.software.lease.container),
    },
  ];
}

interface PreviewAccessArgs extends Pick<ManagedIdentityArgs, "context" | "resourceGroupName"> {
  /** The repository whose workflows deploy previews. */
  readonly repository: WorkflowRepository;
  /** The container with the previews' states. */
  readonly stateId: Output<string>;
  /** The key that encrypts their secrets. */
  readonly keyId: Output<string>;
  /** The id of the subscription that previews have to themselves. */
  readonly subscription: string;
}

/** What the services of previews may do, of whichever system: pull images, work on queues and objects. */
export const previewRoles: readonly AzureRole[] = [
  "AcrPull",
  "Azure Service Bus Data Receiver",
  "Azure Service Bus Data Sender",
  "Storage Blob Data Contributor",
  "Storage Blob Data Reader",
];

/**
 * Who deploys preview environments, of every system: an identity for all of them. It runs what nobody has reviewed, so it writes its own
 * subscription, its own states, and has one key; of what others deploy it reads nothing.
 */
export function previewIdentity(args: PreviewAccessArgs): ManagedIdentity {
  const { repository, stateId, keyId, ...place } = args;
  const subscription = `/subscriptions/${args.subscription}`;
  return new ManagedIdentity(`deploy-${previewEnvironment}`, {
    ...place,
    federatedCredentials: trustRuns(repository, [{ name: "environment", run: `environment:${previewEnvironment}` }]),
    roles: [
      { on: "state", role: "Storage Blob Data Contributor", scope: stateId },
      { on: "key", role: "Key Vault Crypto User", scope: keyId },
      { on: "subscription", role: "Contributor", scope: subscription },
      {
        on: "subscription",
        role: "Role Based Access Control Administrator",
        scope: subscription,
        condition: onlyAssigns(previewRoles),
      },
    ],
  });
}

/** What the previews' workflows read of the repository's variables. */
export function previewVariables(identity: ManagedIdentity, subscription: string) {
  return {
    [clientIdVariable("deploy", previewEnvironment)]: identity.clientId,
    [subscriptionVariable(previewEnvironment)]: subscription,
  };
}
