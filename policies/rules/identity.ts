import { placeholders } from "../../lib/secret-not-set";
import { allOf, compliant, decide, each, notApplicable, type RuleOutcome, violation } from "../outcome";
import type { PolicyResource } from "../rule";
import { rulesOf } from "../rule";
import { containerTypes } from "./shared/container-parts";
import { allHold, anyReading, comparable, items, type Reading, read, readWithin } from "./shared/property-reading";
import { requireEmpty, requireSet, requireSetting, requireValue } from "./shared/requirements";

/** A policy's resources: JSON with one key. */
const ofOneBucket = /^\{"com\.cloudflare\.edge\.r2\.bucket\.[a-z0-9_-]+":"\*"\}$/;

export const identityRules = rulesOf("identity", [
  {
    id: "account-token-scoped",
    controls: ["Own"],
    description: "Tokens of the Cloudflare account that the program makes are for the objects of one bucket.",
    remediation: "Name a bucket in policies[].resources: com.cloudflare.edge.r2.bucket.ACCOUNT_JURISDICTION_BUCKET.",
    types: ["cloudflare:index/accountToken:AccountToken", "cloudflare:index/apiToken:ApiToken"],
    evaluate: (token) => {
      const policies = items(read(token, "policies"));
      if (policies.length === 0) return violation("policies", "is empty");
      return allOf(
        each(policies, (policy) => {
          const resources = readWithin(policy, "resources");
          const isOfBucket = anyReading([resources], (value) => ofOneBucket.test(String(value)));
          return isOfBucket ? compliant : violation(resources.path, "is for more than the objects of one bucket");
        }),
      );
    },
  },
  {
    id: "container-app-identity",
    benchmarkRow: 44,
    controls: ["MCSB v2 IM-3", "Azure Policy b874ab2d"],
    description: "Container Apps and jobs have an identity of their own.",
    remediation: "Set identity.type to UserAssigned and name the identity.",
    types: containerTypes,
    evaluate: requireSetting("identity.type", {
      oneOf: ["UserAssigned", "SystemAssigned", "SystemAssigned,UserAssigned"],
      absent: "violates",
    }),
  },
  {
    id: "container-app-registry-identity",
    benchmarkRow: 45,
    controls: ["Own"],
    description:
      "Container Apps and jobs pull images from Azure's registries with an identity; from others, which know none, with a secret.",
    remediation:
      "Give registries[].identity, and take out username and passwordSecretRef; of another registry the reverse.",
    types: containerTypes,
    evaluate: (app) => {
      const registries = items(read(app, "configuration.registries"));
      if (registries.length === 0) return notApplicable("it pulls from no registry that asks who it is");
      return allOf(each(registries, requireNoPassword));
    },
  },
  {
    id: "container-app-secret-reference",
    benchmarkRow: 46,
    controls: ["Own"],
    description: "Secrets of Container Apps and jobs stay in the vault; the app has references to them.",
    remediation: "Give secrets[].keyVaultUrl and secrets[].identity instead of a value.",
    types: containerTypes,
    evaluate: (app) => {
      const secrets = items(read(app, "configuration.secrets"));
      if (secrets.length === 0) return notApplicable("it has no secrets");
      return allOf(
        secrets.flatMap((secret) => [
          requireSet(readWithin(secret, "keyVaultUrl")),
          requireSet(readWithin(secret, "identity")),
          requireEmpty(readWithin(secret, "value"), "is the secret itself"),
        ]),
      );
    },
  },
  {
    id: "container-app-sign-in",
    benchmarkRow: 50,
    controls: ["Azure Policy 2b585559"],
    description: "Where Container Apps ask users to sign in, they do so, and Entra's users are those of one tenant.",
    remediation:
      "Set platform.enabled to true, and openIdIssuer to https://login.microsoftonline.com/TENANT/v2.0, with the tenant's id.",
    types: ["azure-native:app:ContainerAppsAuthConfig"],
    evaluate: (config, { tenant }) => {
      const entra = read(config, "identityProviders.azureActiveDirectory");
      const issuer = readWithin(readWithin(entra, "registration"), "openIdIssuer");
      const oneOf = ["https://login.microsoftonline.com", "https://sts.windows.net"].flatMap((host) => [
        `${host}/${tenant}`,
        `${host}/${tenant}/`,
        `${host}/${tenant}/v2.0`,
      ]);
      return allOf([
        requireValue(read(config, "platform.enabled"), { oneOf: [true], absent: "violates" }),
        decide(() => (entra.state === "absent" ? compliant : requireValue(issuer, { oneOf, absent: "violates" }))),
      ]);
    },
  },
  {
    id: "tailnet-device-approval",
    benchmarkRow: 76,
    controls: ["Own"],
    description: "New devices join the tailnet when somebody approves them.",
    remediation: "Set devicesApprovalOn to true.",
    types: ["tailscale:index/tailnetSettings:TailnetSettings"],
    evaluate: requireSetting("devicesApprovalOn", { oneOf: [true], absent: "violates" }),
  },
  {
    id: "tailnet-key-ephemeral",
    benchmarkRow: 76,
    controls: ["Own"],
    description: "Devices that came by a key are forgotten when they are gone.",
    remediation: "Set ephemeral to true.",
    types: ["tailscale:index/tailnetKey:TailnetKey"],
    evaluate: requireSetting("ephemeral", { oneOf: [true], absent: "violates" }),
  },
  {
    id: "tailnet-key-once",
    benchmarkRow: 76,
    controls: ["Own"],
    description: "A tailnet key lets in one device, and for a while.",
    remediation: "Set reusable to false and give expiry, in seconds.",
    types: ["tailscale:index/tailnetKey:TailnetKey"],
    evaluate: (key) =>
      allOf([
        requireValue(read(key, "reusable"), { oneOf: [false], absent: "complies" }),
        requireSet(read(key, "expiry")),
      ]),
  },
  {
    id: "vault-roles",
    benchmarkRow: 59,
    controls: ["CIS Azure 6.0 8.3.6", "MCSB v1 PA-7", "PSRule Azure.KeyVault.RBAC"],
    description: "Who may read a vault is said by roles, not by the vault's own list.",
    remediation: "Set properties.enableRbacAuthorization to true.",
    types: ["azure-native:keyvault:Vault"],
    evaluate: requireSetting("properties.enableRbacAuthorization", { oneOf: [true], absent: "violates" }),
  },
  {
    id: "vault-secret-expiry",
    benchmarkRow: 62,
    controls: ["CIS Azure 6.0 8.3.3", "CKV_AZURE_41"],
    description:
      "Secrets in vaults expire, so that they are renewed. A placeholder is none: who sets it says when it ends.",
    remediation: "Set properties.attributes.expires.",
    types: ["azure-native:keyvault:Secret"],
    evaluate: (secret) => {
      const expires = requireSet(read(secret, "properties.attributes.expires"));
      return expires.outcome === "violation" && isPlaceholder(secret)
        ? notApplicable("it holds no secret yet")
        : expires;
    },
  },
]);

/** Whether a secret is made with what says that nobody has set it. Its kind is known before its value is. */
function isPlaceholder(secret: PolicyResource): boolean {
  const made = Object.values(placeholders);
  const isMade = (property: "contentType" | "value") => () =>
    anyReading([read(secret, `properties.${property}`)], (given) =>
      made.some((one) => one[property] === String(given)),
    );
  return allHold([isMade("contentType"), isMade("value")]);
}

/** A registry of Azure knows identities; another is given a name and a secret. */
function requireNoPassword(registry: Reading): RuleOutcome {
  const password = readWithin(registry, "passwordSecretRef");
  const byIdentity = allOf([
    requireSet(readWithin(registry, "identity")),
    requireEmpty(password, "pulls with a password"),
  ]);
  if (byIdentity.outcome !== "violation") return byIdentity;
  const knowsNone = anyReading([readWithin(registry, "server")], (server) => isOfOthers(comparable(server)));
  return knowsNone ? requireSet(password) : byIdentity;
}

function isOfOthers(server: string | undefined): boolean {
  return server !== undefined && !server.endsWith(".azurecr.io");
}
