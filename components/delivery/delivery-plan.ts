/** The workflows that begin each day by themselves: Azure's watcher of the heartbeat notices when one no longer does. */
export const dailyWorkflows = ["break-glass-review.yml", "cloudflare-addresses.yml", "drift.yml", "preview-reaper.yml"];

/** Instead of a list of repositories: whichever the owner has. */
export const allOfOwner = "all-of-owner";

/** A stack as the workflows deploy it. */
export interface DeliveredStack {
  readonly name: string;
  /** Who lets a change in: `merge`, at once; `reviewers`, who approve the plan that was made after it. */
  readonly approval: "merge" | "reviewers";
  /** Stacks whose deployment comes first, because this one reads from them. */
  readonly after: readonly string[];
  /** The container of the state account that holds its state. Default: one of its own, of its name. */
  readonly stateIn?: string;
  /** Whether it installs on machines, over SSH, with a key that only its deployments read. Default: false. */
  readonly installsOnMachines?: boolean;
  /** Whether its deployments join the tailnet, to install on machines or to ask private apps whether they work. Default: false. */
  readonly joinsTailnet?: boolean;
  /**
   * The repositories that it manages, and no other: its tokens reach these. `all-of-owner` while it makes one, for a token that lists
   * repositories does not reach what is made with it. Default: none, so that it has no app.
   */
  readonly repositories?: readonly string[] | typeof allOfOwner;
}

/** What the workflows of a repository deploy. Pure data: the workflow files are made of it. */
export interface DeliveryPlan {
  /** In the order in which they are deployed. */
  readonly stacks: readonly DeliveredStack[];
  /** The repository, without its owner. */
  readonly repository: string;
  /** The branch that is deployed. */
  readonly branch: string;
  /** The environment in which one of its reviewers alone may let a run in. */
  readonly breakGlassEnvironment: string;
  /** The environment that lets only the deployed branch in, without asking anybody: what runs there may page people. */
  readonly driftEnvironment: string;
  /** The label of pull requests that have a preview environment of each system that they affect. */
  readonly previewLabel: string;
  /** The systems that have preview environments: how the stacks' names begin, and the label for one whatever is affected. */
  readonly previews: readonly { readonly system: string; readonly prefix: string; readonly label: string }[];
}

/** What an identity may do: look, from pull requests and the branch; or change, from a protected environment. */
export type IdentityKind = "preview" | "deploy";

/** Repository variables that tell the workflows where things are. Nothing in them is secret. */
export const deliveryVariables = {
  tenant: "AZURE_TENANT_ID",
  stateAccount: "STATE_ACCOUNT",
  vault: "DELIVERY_VAULT",
  alarmClientId: "AZURE_ALARM_CLIENT_ID",
  proposingClientId: "AZURE_PROPOSING_CLIENT_ID",
} as const;

/**
 * How the names of the variables end that are about a stack. Such a name takes letters, digits and `_` only.
 *
 * Source: docs.github.com/en/actions/reference/workflows-and-actions/variables, "Naming conventions for configuration variables"
 *
 * @example variableSuffix("kimberly-staging") // "KIMBERLY_STAGING"
 */
export function variableSuffix(stack: string): string {
  return stack.toUpperCase().replaceAll("-", "_");
}

/**
 * The variable that holds the client id of a stack's identity; of one that releases, in the repository of the application.
 *
 * @param kind `release`: whom only the workflow that releases applications becomes
 */
export function clientIdVariable(kind: IdentityKind | "release", stack: string): string {
  return `AZURE_${kind.toUpperCase()}_CLIENT_ID_${variableSuffix(stack)}`;
}

/**
 * The variable that holds the client id of the app that a kind of identity is at GitHub. Two apps: a pull request can change its own
 * workflow, so the app whose key it reaches must not be able to do more than read and comment.
 */
export function appClientIdVariable(kind: IdentityKind): string {
  return kind === "preview" ? "PREVIEWING_APP_CLIENT_ID" : "DEPLOYING_APP_CLIENT_ID";
}

/** What joins the tailnet or asks its service: previews, deployments, and the watcher of the hosts. */
export const tailnetClients = ["preview", "deploy", "watcher"] as const;
export type TailnetClient = (typeof tailnetClients)[number];

/**
 * The variable that holds the id of a client at Tailscale. One for each, because a pull request runs as the one of previews: it may
 * only read, and give a machine the tag of previews (docs/security.md says how each is made).
 */
export function tailnetClientVariable(client: TailnetClient): string {
  return `TAILNET_${client.toUpperCase()}_CLIENT_ID`;
}

/** The tag of machines that run a preview or a deployment: what each reaches is in tailnet.yaml. */
export const tailnetTags = { preview: "tag:ci-preview", deploy: "tag:ci" } as const satisfies Record<
  IdentityKind,
  string
>;

/** The variable that holds the subscription a stack deploys to. */
export function subscriptionVariable(stack: string): string {
  return `AZURE_SUBSCRIPTION_ID_${variableSuffix(stack)}`;
}

/** The token of a service that takes no identity of GitHub's, by its name in the vault: each identity reads its own only. */
export function tokenSecret(kind: IdentityKind, stack: string, token: "cloudflare-token" | "github-app-key"): string {
  return `${kind}-${stack}-${token}`;
}

/** All that an identity of a stack reads. */
export function tokenSecrets(
  kind: IdentityKind,
  { name, repositories = [] }: Pick<DeliveredStack, "name" | "repositories">,
): { readonly cloudflare: string; readonly githubAppKey?: string } {
  const cloudflare = tokenSecret(kind, name, "cloudflare-token");
  return repositories.length === 0
    ? { cloudflare }
    : { cloudflare, githubAppKey: tokenSecret(kind, name, "github-app-key") };
}

/** The key with which a stack's deployments log in to machines, by its name in the vault. Previews reach no machine. */
export function sshKeySecret(stack: string): string {
  return `deploy-${stack}-ssh-key`;
}

/** Where a break-glass is paged to, by name in the vault. */
export const pagerSecrets = { slack: "incident-slack-webhook", pagerDuty: "incident-pagerduty-key" } as const;

/** Where drift is told, by name in the vault: the team's channel, and who is woken up by what cannot wait. */
export const alarmSecrets = { team: "drift-slack-webhook", ...pagerSecrets } as const;

/** The check that a pull request needs. One name for all stacks, because those that are not affected have no run. */
export const requiredChecks = { preview: "IaC preview", test: "Test" } as const;

/**
 * Where a workflow proposes a change of its own, and as whom: an app at GitHub that writes branches and pull requests of this repository.
 * Its key, by its name in the vault, is read by an identity that only the environment's runs become, and those are the branch's.
 */
export const proposals = {
  environment: "proposals",
  appClientId: "PROPOSING_APP_CLIENT_ID",
  appKey: "proposing-github-app-key",
} as const;

/**
 * What releases of applications read, by name in the vault: the key of the app at GitHub that reads this repository, and the webhook of the
 * channel that hears of releases, where the team has one.
 */
export const releaseSecrets = { appKey: "releasing-github-app-key", channel: "releases-slack-webhook" } as const;

/** What belongs to all preview environments together: the repository's environment, the identity, the state container and its key. */
export const previewEnvironment = "preview";
