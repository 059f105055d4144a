import type { PropertyMap } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import { flagAt, numberAt, textAt, textsAt } from "../read-property";
import type { RepeatableRandom } from "../repeatable-random";
import type { ServiceContext, TypeRule } from "../type-rule";
import { refuseUnownedTags } from "./acl";

/** 90 days in seconds: the default and the longest life of an auth key. */
const longestKeyLife = 7_776_000;
const idAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789";

function keyId(random: RepeatableRandom): string {
  return `k${random.text(11, idAlphabet)}CNTRL`;
}

const tailnetKeyRule: TypeRule = {
  type: "tailscale:index/tailnetKey:TailnetKey",
  identity: { kind: "generated", id: keyId },
  ranges: { expiry: { minimum: 1, maximum: longestKeyLife } },
  allowed: { recreateIfInvalid: ["", "always", "never"] },
  createOnly: ["description", "ephemeral", "expiry", "preauthorized", "reusable", "tags"],
  unordered: ["tags"],
  defaults: { ephemeral: false, preauthorized: false, reusable: false, expiry: longestKeyLife, description: "" },
  service: {
    create: (context) => {
      refuseUnownedTags(context);
      const description = textAt(context.inputs, "description") ?? "";
      if (/^[A-Za-z0-9 -]{0,50}$/.test(description)) return;
      throw new ServiceError("400", "invalid key description: at most 50 letters, digits, dashes and spaces");
    },
  },
  secretOutputs: ["key"],
  // A key that was used once, or revoked, may be gone: the provider keeps it, as invalid.
  read: (found, state) => {
    if (found === undefined) return state.key === undefined ? undefined : { ...state, invalid: true };
    const isExpired = Date.parse(textAt(found, "expiresAt") ?? "") <= Date.now();
    return { ...found, invalid: isExpired || flagAt(found, "invalid") === true };
  },
  outdated: (outputs, inputs) =>
    flagAt(outputs, "invalid") === true && isMadeAgain(inputs) ? { properties: ["id"], replaces: true } : undefined,
  computed: {
    names: ["key", "createdAt", "expiresAt", "invalid", "userId"],
    stable: ["key", "createdAt", "expiresAt", "userId"],
    values: ({ id, inputs, existing, random }) => {
      if (existing !== undefined)
        return pick(existing.properties, ["key", "createdAt", "expiresAt", "invalid", "userId"]);
      const now = Date.now();
      const life = numberAt(inputs, "expiry") ?? longestKeyLife;
      return {
        key: `tskey-auth-${id}-${random.text(32, idAlphabet)}`,
        createdAt: new Date(now).toISOString(),
        expiresAt: new Date(now + life * 1000).toISOString(),
        invalid: false,
        userId: "",
      };
    },
  },
};

/** Unless the program says, a reusable key is: one that works once was probably used. */
function isMadeAgain(inputs: PropertyMap): boolean {
  const when = textAt(inputs, "recreateIfInvalid") ?? "";
  return when === "" ? flagAt(inputs, "reusable") === true : when === "always";
}

function pick(properties: PropertyMap, names: readonly string[]): PropertyMap {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => names.includes(name)));
}

const scopeNames = [
  ...["all", "account_settings", "auth_keys", "device_invites", "devices:core", "devices:posture_attributes"],
  ...["devices:routes", "dns", "feature_settings", "federated_keys", "log_streaming", "logs:configuration"],
  ...[
    "logs:network",
    "networking_settings",
    "oauth_keys",
    "policy_file",
    "services",
    "user_invites",
    "users",
    "webhooks",
  ],
];
const scopes = new Set(scopeNames.flatMap((scope) => [scope, `${scope}:read`]));
/** What these scopes make belongs to tags. */
const scopesWithTags = ["devices:core", "auth_keys"];

function refuseScopes(context: ServiceContext): void {
  const given = textsAt(context.inputs, "scopes");
  const unknown = given.filter((scope) => !scopes.has(scope));
  if (unknown.length > 0) throw new ServiceError("400", `invalid scope: ${unknown.join(", ")}`);
  const needing = given.filter((scope) => scopesWithTags.includes(scope));
  if (needing.length > 0 && textsAt(context.inputs, "tags").length === 0) {
    throw new ServiceError("400", `tags are required with the scope ${needing.join(", ")}`);
  }
  refuseUnownedTags(context);
}

function credentialTimes(existing: PropertyMap | undefined): PropertyMap {
  const now = new Date().toISOString();
  return { createdAt: textAt(existing ?? {}, "createdAt") ?? now, updatedAt: now, userId: "" };
}

const oauthClientRule: TypeRule = {
  type: "tailscale:index/oauthClient:OauthClient",
  identity: { kind: "generated", id: keyId },
  required: ["scopes"],
  unordered: ["scopes", "tags"],
  service: { create: refuseScopes, update: refuseScopes },
  secretOutputs: ["key"],
  computed: {
    names: ["key", "createdAt", "updatedAt", "userId"],
    stable: ["key", "createdAt", "userId"],
    values: ({ id, existing, random }) => ({
      key: existing?.properties.key ?? `tskey-client-${id}-${random.text(32, idAlphabet)}`,
      ...credentialTimes(existing?.properties),
    }),
  },
};

/** Trust in tokens of another issuer, such as GitHub's: no secret at all. */
const federatedIdentityRule: TypeRule = {
  type: "tailscale:index/federatedIdentity:FederatedIdentity",
  identity: { kind: "generated", id: (random) => `${keyId(random)}-${keyId(random)}` },
  required: ["issuer", "scopes", "subject"],
  unordered: ["scopes", "tags"],
  service: {
    create: (context) => {
      refuseIssuer(context);
      refuseScopes(context);
    },
    update: (context) => {
      refuseIssuer(context);
      refuseScopes(context);
    },
  },
  computed: {
    names: ["createdAt", "updatedAt", "userId"],
    stable: ["createdAt", "userId"],
    values: ({ id, inputs, existing }) => ({
      ...(inputs.audience === undefined ? { audience: `api.tailscale.com/${id}` } : {}),
      ...credentialTimes(existing?.properties),
    }),
  },
};

function refuseIssuer({ inputs }: ServiceContext): void {
  const issuer = textAt(inputs, "issuer") ?? "";
  if (/^https:\/\/[^\s/]+/.test(issuer)) return;
  throw new ServiceError("400", `invalid issuer "${issuer}": expected an https URL`);
}

const settingDefaults: PropertyMap = {
  aclsExternalLink: "",
  aclsExternallyManagedOn: false,
  devicesApprovalOn: false,
  devicesAutoUpdatesOn: false,
  devicesKeyDurationDays: 180,
  httpsEnabled: false,
  networkFlowLoggingOn: false,
  postureIdentityCollectionOn: false,
  regionalRoutingOn: false,
  usersApprovalOn: false,
  usersRoleAllowedToJoinExternalTailnet: "admin",
};

const tailnetSettingsRule: TypeRule = {
  type: "tailscale:index/tailnetSettings:TailnetSettings",
  identity: { kind: "named", id: () => "tailnet_settings" },
  takesOverExisting: true,
  ranges: { devicesKeyDurationDays: { minimum: 1, maximum: 180 } },
  allowed: { usersRoleAllowedToJoinExternalTailnet: ["none", "admin", "member"] },
  check: (inputs) =>
    flagAt(inputs, "aclsExternallyManagedOn") === false && (textAt(inputs, "aclsExternalLink") ?? "") !== ""
      ? [{ property: "aclsExternalLink", reason: "needs aclsExternallyManagedOn to be true" }]
      : [],
  defaults: settingDefaults,
  // The provider leaves the settings as they are when the resource is deleted.
  afterDelete: ({ existing }) => existing.properties,
};

export const keyAndSettingRules: readonly TypeRule[] = [
  tailnetKeyRule,
  oauthClientRule,
  federatedIdentityRule,
  tailnetSettingsRule,
];
