import type { Output } from "@pulumi/pulumi";
import { type ApplicationPlan, applicationVariables, applicationWorkflows } from "../../components/app-release/schema";
import { DeliverySettings } from "../../components/delivery/delivery";
import { clientIdVariable, releaseSecrets, subscriptionVariable } from "../../components/delivery/delivery-plan";
import { type TrustedJob, trustJobs } from "../../components/github-actions/oidc-subjects";
import { ManagedIdentity, type ManagedIdentityArgs } from "../../components/identity/managed-identity";
import { onlyChanges, type RoleGrant } from "../../components/identity/role-assignment";
import type { KeyVault } from "../../components/key-vault/key-vault";
import { physicalName } from "../../components/naming/physical-name";
import { stackDefinition } from "../registry";
import type { StackConfiguration } from "../stack-configuration";
import { environmentOf, subscriptionOf } from "../subscriptions";
import { applicationPlan } from "./applications";
import type { AlaiInventory } from "./inventory";

/** Where identities that release are made, and what they read. */
interface ReleaseAccess {
  readonly place: Pick<ManagedIdentityArgs, "context" | "resourceGroupName">;
  readonly configuration: StackConfiguration;
  readonly inventory: AlaiInventory;
  readonly vault: KeyVault;
  /** The id of the container of a state, by its name. */
  readonly stateId: (container: string) => Output<string>;
  /** What every workflow is told. */
  readonly variables: Readonly<Record<string, Output<string> | string>>;
}

/** Whom the workflows of applications become, by the stack where it has its roles. */
export type ReleaseIdentities = Readonly<
  Record<
    string,
    { readonly release: ManagedIdentity; readonly push?: ManagedIdentity; readonly copy?: ManagedIdentity }
  >
>;

/**
 * Whom the workflows of applications become, and what those read of their repository's variables.
 *
 * ```
 *  what builds    ── nobody
 *  what publishes ──▸ push-<application>: may push to the registry of the first stack
 *  what releases  ──▸ release-<stack>: reads the stack and the one before, keeps the journal of its releases, reads this repository,
 *                     tells the team's channel
 * ```
 *
 * What they may do to apps and registries is given where those are made, in the stack itself: by object ids in its configuration.
 */
export function releaseIdentities(access: ReleaseAccess): ReleaseIdentities {
  const { configuration, inventory } = access;
  const owner = configuration.settings.require("githubOwner");
  return Object.fromEntries(
    inventory.pipelines.applications.flatMap((entry) => {
      const plan = applicationPlan(entry, inventory, owner);
      const { repository, images, stages } = plan;
      const [first] = stages;
      const push = images.some(({ host }) => host === undefined) ? pushIdentity(access, plan, owner) : undefined;
      const releases = stages.map((stage) => ({ stage, release: releaseIdentity(access, plan, stage, owner) }));
      new DeliverySettings(repository, {
        repository,
        variables: {
          ...access.variables,
          ...(push === undefined
            ? {}
            : {
                [applicationVariables.buildClientId]: push.clientId,
                [applicationVariables.registry]: registryName(entry.system, first.stack),
              }),
          [applicationVariables.releasingAppClientId]: configuration.settings.require("releasingAppClientId"),
          ...Object.fromEntries(
            releases.flatMap(({ stage, release }) => [
              [clientIdVariable("release", stage.stack), release.clientId],
              [subscriptionVariable(stage.stack), subscriptionOf(stage.stack)],
            ]),
          ),
        },
      });
      return releases.map(({ stage: { stack }, release }, index) => {
        const copy = push && releases[index + 1]?.release;
        const pushes = stack === first.stack && push !== undefined ? { push } : {};
        return [stack, { release, ...pushes, ...(copy === undefined ? {} : { copy }) }] as const;
      });
    }),
  );
}

/** The registry of a stack, which is made later. */
function registryName(system: string, stack: string): string {
  return physicalName({ project: system, ...environmentOf(stack) }, "containerRegistry", "registry");
}

function pushIdentity(
  { place }: ReleaseAccess,
  { repository, branch }: ApplicationPlan,
  owner: string,
): ManagedIdentity {
  const workflow = `${owner}/${repository}/.github/workflows/${applicationWorkflows.staging}@refs/heads/${branch}`;
  const job: TrustedJob = { name: "images", run: `ref:refs/heads/${branch}`, workflow };
  return new ManagedIdentity(`push-${repository}`, {
    ...place,
    federatedCredentials: trustJobs({ owner, name: repository }, [job]),
  });
}

function releaseIdentity(
  { place, vault, stateId }: ReleaseAccess,
  { repository, releasedBy }: ApplicationPlan,
  { stack, environment, state }: ApplicationPlan["stages"][number],
  owner: string,
): ManagedIdentity {
  const { promotesFrom } = stackDefinition(stack);
  const before = promotesFrom && subscriptionOf(promotesFrom);
  const readable = [...new Set([subscriptionOf(stack), ...(before === undefined ? [] : [before])])];
  const workflow = releasedBy.replace("@", "@refs/heads/");
  return new ManagedIdentity(`release-${stack}`, {
    ...place,
    federatedCredentials: trustJobs({ owner, name: repository }, [
      { name: "release", run: `environment:${environment}`, workflow },
    ]),
    roles: [
      { on: "app-key", role: "Key Vault Secrets User", scope: vault.secret(releaseSecrets.appKey).id },
      { on: "channel", role: "Key Vault Secrets User", scope: vault.secret(releaseSecrets.channel).id },
      // Reads the state, and changes nothing of it.
      {
        ...{ on: "state", role: "Storage Blob Data Contributor", scope: stateId(state) },
        condition: onlyChanges([`releases/${stack}/*`]),
      },
      ...readable.map((id): RoleGrant => {
        return { on: id === before ? "before" : "subscription", role: "Reader", scope: `/subscriptions/${id}` };
      }),
    ],
  });
}
