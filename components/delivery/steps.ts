import { secretNotSet } from "../../lib/secret-not-set";
import { pinnedActions, pinnedTools, setUpNode } from "../github-actions/pinned-actions";
import { expression, type Step } from "../github-actions/workflow";
import {
  allOfOwner,
  appClientIdVariable,
  deliveryVariables,
  type IdentityKind,
  sshKeySecret,
  type TailnetClient,
  tailnetClientVariable,
  tailnetTags,
  tokenSecret,
} from "./delivery-plan";
import type { StackParameterName } from "./stack-workflow";

export const variable = (name: string): string => expression(`vars.${name}`);

/**
 * Node and the packages of the lockfile. No package's scripts run, and a repository's `.npmrc` is refused: it would say what npm
 * runs, and with which options of Node.js.
 */
export function setUp(checkout: Readonly<Record<string, string | number | boolean>> = {}): readonly Step[] {
  return [
    { name: "Check out", uses: pinnedActions.checkout, with: { "persist-credentials": false, ...checkout } },
    setUpNode,
    { name: "Install packages", run: installPackages },
  ];
}

export const installPackages = `if [ -e .npmrc ] || [ -L .npmrc ]; then
  echo "::error file=.npmrc::a pipeline takes no .npmrc from the repository: delete it, npm runs with its own settings here"
  exit 1
fi
npm ci --ignore-scripts --no-audit --no-fund
`;

/** Where the state of a deployment is and as whom it is made: names, or expressions. */
export interface StackAccess {
  /** The container of the state account. */
  readonly container: string;
  readonly clientId: string;
  readonly subscription: string;
}

/** Where a job that serves every stack reads which one: among the inputs of its workflow, or in its row of a matrix. */
export type ToldBy = "inputs" | "matrix";

/** A value that a job is told of its stack, within an expression. */
function told(by: ToldBy, name: StackParameterName): string {
  return `${by}.${name}`;
}

/** The access of a stack that the job is told of. */
export function accessOf(by: ToldBy, kind: IdentityKind): StackAccess {
  return {
    container: expression(`${told(by, "state")} || ${told(by, "stack")}`),
    clientId: expression(told(by, `${kind}-client-id`)),
    subscription: expression(told(by, "subscription-id")),
  };
}

/** What Pulumi reads from the environment: the backend, the key vault, and who it is in Azure. */
export function pulumiEnvironment(access: StackAccess): Readonly<Record<string, string>> {
  return {
    CI: "true",
    PULUMI_BACKEND_URL: `azblob://${access.container}`,
    AZURE_STORAGE_ACCOUNT: variable(deliveryVariables.stateAccount),
    AZURE_KEYVAULT_AUTH_VIA_CLI: "true",
    ARM_USE_OIDC: "true",
    ARM_CLIENT_ID: access.clientId,
    ARM_TENANT_ID: variable(deliveryVariables.tenant),
    ARM_SUBSCRIPTION_ID: access.subscription,
  };
}

/** The environment of a job that serves every stack. */
export function stackEnvironment(by: ToldBy, kind: IdentityKind): Readonly<Record<string, string>> {
  return { STACK: expression(told(by, "stack")), ...pulumiEnvironment(accessOf(by, kind)) };
}

/** Becomes an identity by what GitHub says of the run. */
export function signInToAzure({ clientId, subscription }: StackAccess): Step {
  return {
    name: "Sign in to Azure",
    uses: pinnedActions.azureLogin,
    with: {
      "client-id": clientId,
      "tenant-id": variable(deliveryVariables.tenant),
      "subscription-id": subscription,
    },
  };
}

/** Becomes an identity that reads its own secrets of the vault, and has no other role anywhere. */
export function signInToVault(name: string, clientId: string): Step {
  return {
    name,
    uses: pinnedActions.azureLogin,
    with: {
      "client-id": variable(clientId),
      "tenant-id": variable(deliveryVariables.tenant),
      "allow-no-subscriptions": true,
    },
  };
}

export const installPulumi: Step = {
  name: "Install Pulumi",
  uses: pinnedActions.pulumi,
  with: { "pulumi-version": pinnedTools.pulumi },
};

/**
 * Becomes the stack's identity: in Azure and on the tailnet by what GitHub says of the run, elsewhere by tokens that only this
 * identity reads from the vault. Ends with the Pulumi CLI on the path.
 *
 * @param joins what says of a stack that its runs reach what is private. Default: for deployments, that they join; no preview does
 */
export function signIn(
  by: ToldBy,
  kind: IdentityKind,
  joins: StackParameterName | undefined = kind === "deploy" ? "joins-tailnet" : undefined,
): readonly Step[] {
  const managesRepositories = expression(`${told(by, "repositories")} != ''`);
  const stack = expression(told(by, "stack"));
  return [
    signInToAzure(accessOf(by, kind)),
    ...(joins === undefined
      ? []
      : [{ ...joinTailnet("to reach what is private", kind, tailnetTags[kind]), if: expression(told(by, joins)) }]),
    {
      name: "Read the token of Cloudflare, which knows no identities",
      id: "cloudflare",
      env: { VAULT: variable(deliveryVariables.vault), SECRET: tokenSecret(kind, stack, "cloudflare-token") },
      run: readToken,
    },
    {
      ...readAppKey("Read the key of this identity's app at GitHub", tokenSecret(kind, stack, "github-app-key")),
      if: managesRepositories,
    },
    { ...becomeApp(by, kind), if: managesRepositories },
    ...(kind === "deploy" ? [takeSshKey(by)] : []),
    installPulumi,
  ];
}

/** Joins for the run, as whom GitHub says it is; what its client lies in no cache that another run writes. */
export function joinTailnet(why: string, client: TailnetClient, tag: string): Step {
  return {
    name: `Join the tailnet, ${why}`,
    uses: pinnedActions.tailscale,
    with: {
      "oauth-client-id": variable(tailnetClientVariable(client)),
      audience: tailnetAudience(client),
      tags: tag,
      "use-cache": "false",
    },
  };
}

/** Whom a token of GitHub's has to be for. Source: Tailscale documentation, "Workload identity federation". */
function tailnetAudience(client: TailnetClient): string {
  return `api.tailscale.com/${variable(tailnetClientVariable(client))}`;
}

/**
 * What a token of each app may do: the provider reads, and writes, labels, variables, secrets, environments, rules, settings and files.
 *
 * The action lists no input for variables, and hands it on all the same: https://github.com/actions/create-github-app-token/issues/231
 */
const appPermissions: Readonly<Record<IdentityKind, Readonly<Record<string, "read" | "write">>>> = {
  preview: {
    ...{ actions: "read", "actions-variables": "read", administration: "read", contents: "read", environments: "read" },
    ...{ issues: "read", secrets: "read" },
  },
  deploy: {
    ...{ actions: "read", "actions-variables": "write", administration: "write", contents: "write" },
    ...{ environments: "write", issues: "write", secrets: "write", workflows: "write" },
  },
};

function becomeApp(by: ToldBy, kind: IdentityKind): Step {
  const repositories = told(by, "repositories");
  return {
    name: "Become the app of this identity at GitHub",
    id: "app",
    uses: pinnedActions.githubAppToken,
    with: {
      "client-id": variable(appClientIdVariable(kind)),
      "private-key": expression("steps.app-key.outputs.key"),
      owner: expression("github.repository_owner"),
      // Without a list a token reaches all of the owner's, those that are not made yet among them.
      repositories: expression(`${repositories} != '${allOfOwner}' && ${repositories} || ''`),
      ...Object.fromEntries(Object.entries(appPermissions[kind]).map(([name, level]) => [`permission-${name}`, level])),
    },
  };
}

/** The key is in the agent's memory: in no file, no configuration and no state. */
function takeSshKey(by: ToldBy): Step {
  return {
    name: "Take the key of the machines into an agent",
    if: expression(told(by, "installs-on-machines")),
    env: { VAULT: variable(deliveryVariables.vault), SSH_KEY_SECRET: sshKeySecret(expression(told(by, "stack"))) },
    run: `eval "$(ssh-agent -s)" > /dev/null
az keyvault secret show --vault-name "$VAULT" --name "$SSH_KEY_SECRET" --query value --output tsv | ssh-add -q -
echo "SSH_AUTH_SOCK=$SSH_AUTH_SOCK" >> "$GITHUB_ENV"
`,
  };
}

/** What the providers read from the environment of the steps that run the program. Without an app, GitHub's token is empty. */
export function providerTokens(kind: IdentityKind): Readonly<Record<string, string>> {
  return {
    CLOUDFLARE_API_TOKEN: expression("steps.cloudflare.outputs.token"),
    GITHUB_TOKEN: expression("steps.app.outputs.token"),
    TAILSCALE_OAUTH_CLIENT_ID: variable(tailnetClientVariable(kind)),
    TAILSCALE_AUDIENCE: tailnetAudience(kind),
  };
}

/** A masked output may be used in this job and shows nowhere. */
const readToken = `token="$(az keyvault secret show --vault-name "$VAULT" --name "$SECRET" --query value --output tsv)"
echo "::add-mask::$token"
echo "token=$token" >> "$GITHUB_OUTPUT"
`;

/** Defines `read_address OUTPUT SECRET`: where to tell somebody, masked; empty where nobody has set it, and the run goes on. */
export const readAddress = `read_address() {
  if ! value="$(az keyvault secret show --vault-name "$VAULT" --name "$2" --query value --output tsv)"; then
    echo "::warning::$2 cannot be read: nobody hears of this run there"
    value=""
  fi
  # What the vault holds until somebody sets it.
  if [ "$value" = "${secretNotSet}" ]; then value=""; fi
  if [ -n "$value" ]; then echo "::add-mask::$value"; fi
  echo "$1=$value" >> "$GITHUB_OUTPUT"
}
`;

/** Reads the key of an app at GitHub, which the step `app-key` then hands on. */
export function readAppKey(name: string, secret: string, vault = variable(deliveryVariables.vault)): Step {
  return { name, id: "app-key", env: { VAULT: vault, SECRET: secret }, run: readKey };
}

/** As {@link readToken}. A key has several lines, each masked by itself. */
const readKey = `key="$(az keyvault secret show --vault-name "$VAULT" --name "$SECRET" --query value --output tsv)"
printf '%s\\n' "$key" | while IFS= read -r line; do
  [ -z "$line" ] || echo "::add-mask::$line"
done
{
  echo "key<<END-OF-KEY"
  echo "$key"
  echo "END-OF-KEY"
} >> "$GITHUB_OUTPUT"
`;

/** The lock that the engine takes names the host: so that a later run can tell whether its owner is gone. */
export const nameRunner: Step = {
  name: "Name this runner after the run",
  run: 'name="run-$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT"\necho "127.0.0.1 $name" | sudo tee -a /etc/hosts > /dev/null\nsudo hostname "$name"\n',
};
