/** How a secret is made anew: whoever sets one follows it before, and its last step after. */
export interface RotationRecipe {
  /** The secrets that are made so, by their names in the vaults of all stacks. */
  readonly names: RegExp;
  /** The same for people. @example "`slack-*-webhook`" */
  readonly title: string;
  /** Where the new value comes from, and what it has to be able to do. */
  readonly make: string;
  /** What ends the old value, once everybody reads the new one. */
  readonly end: string;
  /** What a value looks like that serves, where another looks as good and does not. */
  readonly form?: { readonly pattern: RegExp; readonly refusal: string };
}

/** Each secret of a vault that a person sets fits one of them. docs/daily.md has the same table. */
export const rotationRecipes: readonly RotationRecipe[] = [
  {
    names: /-cloudflare-token$/,
    title: "`preview-*-cloudflare-token`, `deploy-*-cloudflare-token`",
    make: "Cloudflare, Manage account, Account API tokens: a token of the account with the rights that docs/security.md lists for the stack, and an end in 90 days",
    end: "delete the old token there",
  },
  {
    names: /^(dns-read-token|failover-dns-token|origin-certificate-token)$/,
    title: "`dns-read-token`, `failover-dns-token`, `origin-certificate-token`",
    make: "Cloudflare, Manage account, Account API tokens: Zone Read and DNS Read on all zones for the first, DNS Edit on the zone of the failover name for the second, SSL and Certificates Edit on the zone for the last",
    end: "delete the old token there",
  },
  {
    names: /github-app-key$/,
    title: "`*-github-app-key`",
    make: "GitHub, the organisation's settings, Developer settings, GitHub Apps, the app, Private keys: generate one. The file that it downloads goes to standard input, and is deleted",
    end: "delete the old key there: an app may have two at a time",
  },
  {
    names: /-webhook$/,
    title: "`*-webhook`",
    make: "Slack, api.slack.com/apps, the app, Incoming Webhooks: Add New Webhook, for the same channel",
    end: "remove the old webhook there",
  },
  {
    names: /^tailnet-router-auth-key$/,
    title: "`tailnet-router-auth-key`",
    make: "Tailscale, Settings, Trust credentials: an OAuth client that may write `auth_keys` for `tag:router`. The value is its secret with `?ephemeral=true&preauthorized=true` behind it",
    end: "revoke the old client there, when the router is back among the machines",
    form: {
      pattern: /^tskey-client-[A-Za-z0-9-]+\?ephemeral=true&preauthorized=true$/,
      refusal:
        "expected the secret of an OAuth client, tskey-client-…?ephemeral=true&preauthorized=true: an auth key ends after 90 days at most, and then the router does not come back from a restart",
    },
  },
  {
    names: /^host-[a-z0-9-]+-client-secret$/,
    title: "`host-*-client-secret`",
    make: "the host makes the next one itself (docs/host-secrets.md); by hand `az ad app credential reset --append`",
    end: "`az ad app credential delete`, of the old one",
  },
  {
    names: /-ssh-key$/,
    title: "`deploy-*-ssh-key`",
    make: "`ssh-keygen -t ed25519`, without a passphrase, on a machine that forgets it; the public key goes into `authorized_keys` of each host first",
    end: "take the old public key out of `authorized_keys`",
  },
  {
    names: /-pagerduty-key$/,
    title: "`incident-pagerduty-key`",
    make: "PagerDuty, the service, Integrations, Events API v2: add one",
    end: "delete the old integration there",
  },
  {
    names: /^(token-signing-key|dumps-key|memory-password)$/,
    title: "`token-signing-key`, `dumps-key`, `memory-password`",
    make: "nobody issues it: what `openssl rand -base64 32` writes goes to standard input. `set`, not `rotate`, for `dumps-key`, whose older versions open older dumps",
    end: "nothing: who was signed in with the old one signs in again",
  },
  {
    names: /^git-read-token$/,
    title: "`git-read-token`",
    make: "GitHub, a fine-grained token of the organisation's: Contents Read on the repositories that are mirrored, with an end in 90 days",
    end: "revoke the old token there",
  },
  {
    names: /^primary-health-url$/,
    title: "`primary-health-url`",
    make: "it is an address, not a credential: that of the primary's health endpoint (heartbeat.yaml)",
    end: "nothing",
  },
  {
    names: /^(model-api-key|payment-api-key|sentry-dsn|bitwarden-access-token)$/,
    title: "`model-api-key`, `payment-api-key`, `sentry-dsn`, `bitwarden-access-token`",
    make: "the issuer's console, which takes two at a time: the model's provider, the payment provider, Sentry (Client Keys), Bitwarden (Machine accounts, Access tokens)",
    end: "revoke the old one there",
  },
];

/** @returns undefined for a secret that nobody says how to make */
export function recipeOf(name: string): RotationRecipe | undefined {
  return rotationRecipes.find(({ names }) => names.test(name));
}
