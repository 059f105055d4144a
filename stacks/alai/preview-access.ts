import type { Output } from "@pulumi/pulumi";
import { clientIdVariable, previewEnvironment, subscriptionVariable } from "../../components/delivery/delivery-plan";
import { ManagedIdentity, type ManagedIdentityArgs } from "../../components/identity/managed-identity";
import { onlyAssigns } from "../../components/identity/role-assignment";
import { refusal } from "../../lib/refusal";
import type { StackConfiguration } from "../stack-configuration";

export interface PreviewAccessArgs extends Pick<ManagedIdentityArgs, "context" | "resourceGroupName"> {
  /** The repository whose workflows deploy previews, with its owner. */
  readonly repository: string;
  /** The container with the previews' states. */
  readonly stateId: Output<string>;
  /** The key that encrypts their secrets. */
  readonly keyId: Output<string>;
  /** The subscription that previews have to themselves, as an Azure id. */
  readonly subscription: string;
}

/**
 * Who deploys preview environments: an identity for all of them. It runs what nobody has reviewed, so it writes its own subscription,
 * its own states, and has one key; of what others deploy it reads nothing.
 */
export function previewIdentity(args: PreviewAccessArgs): ManagedIdentity {
  const { repository, stateId, keyId, subscription, ...place } = args;
  return new ManagedIdentity(`deploy-${previewEnvironment}`, {
    ...place,
    federatedCredentials: [{ name: "environment", subject: `repo:${repository}:environment:${previewEnvironment}` }],
    roles: [
      { on: "state", role: "Storage Blob Data Contributor", scope: stateId },
      { on: "key", role: "Key Vault Crypto User", scope: keyId },
      { on: "subscription", role: "Contributor", scope: subscription },
      {
        on: "subscription",
        role: "Role Based Access Control Administrator",
        scope: subscription,
        condition: onlyAssigns(["AcrPull"]),
      },
    ],
  });
}

/**
 * The subscription that previews have to themselves, as an Azure id.
 *
 * @param others the ids of those that anything else is deployed to
 * @throws when there is none: a role on a shared one would let a pull request change what others deployed
 */
export function previewSubscription(
  { settings }: Pick<StackConfiguration, "settings">,
  others: readonly string[],
): string {
  const id = settings.getObject<Record<string, string>>("subscriptions")?.[previewEnvironment];
  const subscription = `/subscriptions/${id}`;
  if (id !== undefined && !others.includes(subscription)) return subscription;
  throw refusal('stack "bootstrap"', [
    `preview environments need a subscription of their own, which nothing else is deployed to: pulumi config set --path landscape:subscriptions.${previewEnvironment} ID`,
  ]);
}

/** What the previews' workflows read of the repository's variables. */
export function previewVariables(identity: ManagedIdentity, subscription: string) {
  return {
    [clientIdVariable("deploy", previewEnvironment)]: identity.clientId,
    [subscriptionVariable(previewEnvironment)]: subscription.replace("/subscriptions/", ""),
  };
}
