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
  tokenSecrets,
} from "./delivery-plan";

export const variable = (name: string): string => expression(`vars.${name}`);

/** Node and the packages of the lockfile. Nothing is cached: what a pull request leaves in a cache must not reach a deployment. */
export function setUp(checkout: Readonly<Record<string, string | number | boolean>> = {}): readonly Step[] {
  return [
    { name: "Check out", uses: pinnedActions.checkout, with: { "persist-credentials": false, ...checkout } },
    { name: "Set up Node.js", uses: pinnedActions.setupNode, with: { "node-version": pinnedTools.node } },
    { name: "Install packages", run: "npm ci --no-audit --no-fund\n" },
  ];
}

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
 */
export function signIn(stack: DeliveredStack, kind: IdentityKind): readonly Step[] {
  const secrets = tokenSecrets(kind, stack.name);
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
    {
      name: "Join the tailnet, to reach what is private",
      uses: pinnedActions.tailscale,
      with: {
        "oauth-client-id": variable(deliveryVariables.tailnetClientId),
        audience: variable(deliveryVariables.tailnetAudience),
        tags: "tag:ci",
      },
    },
    {
      name: "Read the tokens of services that know no identities",
      id: "tokens",
      env: {
        VAULT: variable(deliveryVariables.vault),
        CLOUDFLARE_SECRET: secrets.cloudflare,
        APP_KEY_SECRET: secrets.githubAppKey,
      },
      run: readTokens,
    },
    {
      name: "Become the app of this identity at GitHub",
      id: "app",
      uses: pinnedActions.githubAppToken,
      with: {
        "client-id": variable(appClientIdVariable(kind)),
        "private-key": expression("steps.tokens.outputs.app-key"),
        owner: expression("github.repository_owner"),
      },
    },
    ...(kind === "deploy" && stack.installsOnMachines === true ? [takeSshKey(stack)] : []),
    { name: "Install Pulumi", uses: pinnedActions.pulumi, with: { "pulumi-version": pinnedTools.pulumi } },
  ];
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
export const providerTokens: Readonly<Record<string, string>> = {
  CLOUDFLARE_API_TOKEN: expression("steps.tokens.outputs.cloudflare"),
  GITHUB_TOKEN: expression("steps.app.outputs.token"),
  TAILSCALE_OAUTH_CLIENT_ID: variable(deliveryVariables.tailnetClientId),
  TAILSCALE_AUDIENCE: variable(deliveryVariables.tailnetAudience),
};

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
