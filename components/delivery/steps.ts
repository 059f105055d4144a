import { pinnedActions, pinnedTools } from "../github-actions/pinned-actions";
import { expression, type Step } from "../github-actions/workflow";
import {
  appClientIdVariable,
  clientIdVariable,
  type DeliveredStack,
  deliveryVariables,
  type IdentityKind,
  sshKeySecret,
  subscriptionVariable,
  type TailnetClient,
  tailnetClientVariable,
  tailnetTags,
  tokenSecrets,
} from "./delivery-plan";

export const variable = (name: string): string => expression(`vars.${name}`);

/**
 * Node and the packages of the lockfile. Nothing is cached: what a pull request leaves in a cache must not reach a deployment. No
 * package's scripts run, and a repository's `.npmrc` is refused: it would say what npm runs, and with which options of Node.js.
 */
export function setUp(checkout: Readonly<Record<string, string | number | boolean>> = {}): readonly Step[] {
  return [
    { name: "Check out", uses: pinnedActions.checkout, with: { "persist-credentials": false, ...checkout } },
    {
      name: "Set up Node.js",
      uses: pinnedActions.setupNode,
      with: { "node-version": pinnedTools.node, "package-manager-cache": false },
    },
    { name: "Install packages", run: installPackages },
  ];
}

const installPackages = `if [ -e .npmrc ] || [ -L .npmrc ]; then
  echo "::error file=.npmrc::a pipeline takes no .npmrc from the repository: delete it, npm runs with its own settings here"
  exit 1
fi
npm ci --ignore-scripts --no-audit --no-fund
`;

/** What Pulumi reads from the environment: the backend, the key vault, and who it is in Azure. */
export function pulumiEnvironment(stack: DeliveredStack, kind: IdentityKind): Readonly<Record<string, string>> {
  return {
    CI: "true",
    STACK: stack.name,
    PULUMI_BACKEND_URL: `azblob://${stack.stateIn ?? stack.name}`,
    AZURE_STORAGE_ACCOUNT: variable(deliveryVariables.stateAccount),
    AZURE_KEYVAULT_AUTH_VIA_CLI: "true",
    ARM_USE_OIDC: "true",
    ARM_CLIENT_ID: variable(clientIdVariable(kind, stack.name)),
    ARM_TENANT_ID: variable(deliveryVariables.tenant),
    ARM_SUBSCRIPTION_ID: variable(subscriptionVariable(stack.name)),
  };
}

/**
 * Becomes the stack's identity: in Azure and on the tailnet by what GitHub says of the run, elsewhere by tokens that only this
 * identity reads from the vault. Ends with the Pulumi CLI on the path.
 *
 * @param joins whether the run reaches what is private. Default: a deployment of a stack that says so; no preview does
 */
export function signIn(
  stack: DeliveredStack,
  kind: IdentityKind,
  joins = kind === "deploy" && stack.joinsTailnet === true,
): readonly Step[] {
  const { cloudflare, githubAppKey } = tokenSecrets(kind, stack);
  return [
    {
      name: "Sign in to Azure",
      uses: pinnedActions.azureLogin,
      with: {
        "client-id": variable(clientIdVariable(kind, stack.name)),
        "tenant-id": variable(deliveryVariables.tenant),
        "subscription-id": variable(subscriptionVariable(stack.name)),
      },
    },
    ...(joins ? [joinTailnet("to reach what is private", kind, tailnetTags[kind])] : []),
    {
      name: "Read the tokens of services that know no identities",
      id: "tokens",
      env: {
        VAULT: variable(deliveryVariables.vault),
        CLOUDFLARE_SECRET: cloudflare,
        ...(githubAppKey === undefined ? {} : { APP_KEY_SECRET: githubAppKey }),
      },
      run: githubAppKey === undefined ? readToken : readTokens,
    },
    ...(githubAppKey === undefined ? [] : [becomeApp(stack, kind)]),
    ...(kind === "deploy" && stack.installsOnMachines === true ? [takeSshKey(stack)] : []),
    { name: "Install Pulumi", uses: pinnedActions.pulumi, with: { "pulumi-version": pinnedTools.pulumi } },
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

function becomeApp({ repositories = [] }: DeliveredStack, kind: IdentityKind): Step {
  return {
    name: "Become the app of this identity at GitHub",
    id: "app",
    uses: pinnedActions.githubAppToken,
    with: {
      "client-id": variable(appClientIdVariable(kind)),
      "private-key": expression("steps.tokens.outputs.app-key"),
      owner: expression("github.repository_owner"),
      ...(repositories === "all-of-owner" ? {} : { repositories: repositories.join(",") }),
      ...Object.fromEntries(Object.entries(appPermissions[kind]).map(([name, level]) => [`permission-${name}`, level])),
    },
    ...(repositories === "all-of-owner"
      ? {
          accepted: {
            rule: "github-app",
            why: "it makes a repository, which a token for those that exist does not reach",
          },
        }
      : {}),
  };
}

/** The key is in the agent's memory: in no file, no configuration and no state. */
function takeSshKey(stack: DeliveredStack): Step {
  return {
    name: "Take the key of the machines into an agent",
    env: { VAULT: variable(deliveryVariables.vault), SSH_KEY_SECRET: sshKeySecret(stack.name) },
    run: `eval "$(ssh-agent -s)" > /dev/null
az keyvault secret show --vault-name "$VAULT" --name "$SSH_KEY_SECRET" --query value --output tsv | ssh-add -q -
echo "SSH_AUTH_SOCK=$SSH_AUTH_SOCK" >> "$GITHUB_ENV"
`,
  };
}

/** What the providers read from the environment of the steps that run the program. */
export function providerTokens(
  { repositories = [] }: DeliveredStack,
  kind: IdentityKind,
): Readonly<Record<string, string>> {
  return {
    CLOUDFLARE_API_TOKEN: expression("steps.tokens.outputs.cloudflare"),
    ...(repositories.length === 0 ? {} : { GITHUB_TOKEN: expression("steps.app.outputs.token") }),
    TAILSCALE_OAUTH_CLIENT_ID: variable(tailnetClientVariable(kind)),
    TAILSCALE_AUDIENCE: tailnetAudience(kind),
  };
}

/** As {@link readTokens}, for a stack that manages no repository. */
const readToken = `cloudflare="$(az keyvault secret show --vault-name "$VAULT" --name "$CLOUDFLARE_SECRET" --query value --output tsv)"
echo "::add-mask::$cloudflare"
echo "cloudflare=$cloudflare" >> "$GITHUB_OUTPUT"
`;

/** A masked output may be used in this job and shows nowhere; a key has several lines, each masked by itself. */
const readTokens = `secret() { az keyvault secret show --vault-name "$VAULT" --name "$1" --query value --output tsv; }
cloudflare="$(secret "$CLOUDFLARE_SECRET")"
key="$(secret "$APP_KEY_SECRET")"
printf '%s\\n%s\\n' "$cloudflare" "$key" | while IFS= read -r line; do
  [ -z "$line" ] || echo "::add-mask::$line"
done
{
  echo "cloudflare=$cloudflare"
  echo "app-key<<END-OF-KEY"
  echo "$key"
  echo "END-OF-KEY"
} >> "$GITHUB_OUTPUT"
`;

/** The lock that the engine takes names the host: so that a later run can tell whether its owner is gone. */
export const nameRunner: Step = {
  name: "Name this runner after the run",
  run: 'name="run-$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT"\necho "127.0.0.1 $name" | sudo tee -a /etc/hosts > /dev/null\nsudo hostname "$name"\n',
};
