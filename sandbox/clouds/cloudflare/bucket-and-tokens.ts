import { type PropertyMap, Secret } from "../../../deployment/values/property-value";
import { type CheckFailure, ServiceError } from "../../engine/provider";
import { mapsAt, textAt } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";
import { lastPart, requireAccount, requireZone } from "./service-lookup";

const bucketKind = "cloudflare:index/r2Bucket:R2Bucket";

export const bucketRule: TypeRule = {
  type: bucketKind,
  identity: { kind: "named", id: (inputs) => textAt(inputs, "name") ?? "", fromImport: bucketName },
  takesOverExisting: true,
  name: {
    property: "name",
    pattern: /^[a-z0-9]([a-z0-9-]{1,61}[a-z0-9])$/,
    expected: "3 to 63 lower-case letters, digits and dashes, with no dash at either end",
    code: "10005",
  },
  required: ["accountId", "name"],
  allowed: {
    jurisdiction: ["default", "eu", "fedramp", "us"],
    location: ["apac", "eeur", "enam", "weur", "wnam", "oc"],
    storageClass: ["Standard", "InfrequentAccess"],
  },
  createOnly: ["accountId", "name", "jurisdiction", "location"],
  defaults: { jurisdiction: "default", storageClass: "Standard" },
  service: {
    create: ({ world, id, inputs }) => {
      requireAccount(world, textAt(inputs, "accountId") ?? "");
      if (world.get(bucketKind, id) === undefined) return;
      throw new ServiceError("10004", "The bucket you tried to create already exists, and you own it.", 409);
    },
  },
  computed: {
    names: ["creationDate"],
    stable: ["creationDate"],
    values: () => ({ creationDate: new Date().toISOString() }),
  },
};

/** An import id is `<account>/<bucket>/<jurisdiction>`. */
function bucketName(id: string): string {
  return id.split("/")[1] ?? id;
}

/** The bucket that something is of. Source of the answer: Cloudflare documentation, "R2 error codes". */
function requireBucket({ world, inputs }: ServiceContext): void {
  requireAccount(world, textAt(inputs, "accountId") ?? "");
  if (world.get(bucketKind, textAt(inputs, "bucketName") ?? "") !== undefined) return;
  throw new ServiceError("10006", "The specified bucket does not exist.", 404);
}

const ofBucket = {
  identity: { kind: "named", id: (inputs: PropertyMap) => textAt(inputs, "bucketName") ?? "", fromImport: bucketName },
  takesOverExisting: true,
} as const;

/** A bucket has one list of rules for the ages of its objects; an infrequent class does not turn back. */
export const bucketLifecycleRule: TypeRule = {
  ...ofBucket,
  type: "cloudflare:index/r2BucketLifecycle:R2BucketLifecycle",
  required: ["accountId", "bucketName", "rules[*].id", "rules[*].enabled", "rules[*].conditions"],
  allowed: { "rules[*].storageClassTransitions[*].storageClass": ["InfrequentAccess"] },
  createOnly: ["accountId", "bucketName", "jurisdiction"],
  defaults: { jurisdiction: "default" },
  service: { create: requireLifecycle, update: requireLifecycle },
};

function requireLifecycle(context: ServiceContext): void {
  requireBucket(context);
  const ids = mapsAt(context.inputs, "rules").map((rule) => textAt(rule, "id"));
  if (new Set(ids).size === ids.length) return;
  throw new ServiceError("400", "Invalid request: lifecycle rule ids must be unique");
}

/** What browsers may do for pages of other names. */
export const bucketCorsRule: TypeRule = {
  ...ofBucket,
  type: "cloudflare:index/r2BucketCors:R2BucketCors",
  required: ["accountId", "bucketName", "rules[*].allowed", "rules[*].allowed.methods", "rules[*].allowed.origins"],
  allowed: { "rules[*].allowed.methods[*]": ["GET", "PUT", "POST", "DELETE", "HEAD"] },
  createOnly: ["accountId", "bucketName", "jurisdiction"],
  defaults: { jurisdiction: "default" },
  service: { create: requireBucket, update: requireBucket },
};

/** A name by which everybody reads a bucket; Cloudflare makes its record itself. */
export const bucketDomainRule: TypeRule = {
  type: "cloudflare:index/r2CustomDomain:R2CustomDomain",
  identity: { kind: "named", id: (inputs) => textAt(inputs, "domain") ?? "", fromImport: lastPart },
  required: ["accountId", "bucketName", "domain", "enabled", "zoneId"],
  allowed: { minTls: ["1.0", "1.1", "1.2", "1.3"] },
  createOnly: ["accountId", "bucketName", "domain", "jurisdiction", "zoneId"],
  defaults: { jurisdiction: "default", minTls: "1.0" },
  service: { create: requireDomain, update: requireDomain },
};

function requireDomain(context: ServiceContext): void {
  requireBucket(context);
  const domain = textAt(context.inputs, "domain") ?? "";
  const zone = requireZone(context.world, textAt(context.inputs, "zoneId") ?? "");
  const name = textAt(zone.properties, "name") ?? "";
  if (domain === name || domain.endsWith(`.${name}`)) return;
  throw new ServiceError("400", `Invalid request: the domain ${domain} is not in the zone ${name}`);
}

const tokenRule: Omit<TypeRule, "type" | "service"> = {
  identity: { kind: "generated", id: (random) => random.hex(32), fromImport: lastPart },
  required: ["name", "policies", "policies[*].effect", "policies[*].permissionGroups", "policies[*].resources"],
  allowed: { "policies[*].effect": ["allow", "deny"], status: ["active", "disabled"] },
  check: resourcesAreNotJson,
  defaults: { status: "active" },
  computed: {
    names: ["value", "issuedOn", "modifiedOn"],
    stable: ["value", "issuedOn"],
    values: ({ existing, random }) => ({
      // Told once, when it is made; an update keeps it.
      value: existing?.properties.value ?? new Secret(random.text(40, tokenAlphabet)),
      issuedOn: textAt(existing?.properties ?? {}, "issuedOn") ?? new Date().toISOString(),
      modifiedOn: new Date().toISOString(),
    }),
  },
};

const tokenAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/** A policy's `resources` is a JSON object as text. */
function resourcesAreNotJson(inputs: PropertyMap): readonly CheckFailure[] {
  return mapsAt(inputs, "policies").flatMap((policy, index) => {
    const text = textAt(policy, "resources");
    if (text === undefined || isJsonObject(text)) return [];
    return [
      {
        property: `policies[${index}].resources`,
        reason: `expected a JSON object as text, got ${JSON.stringify(text)}`,
      },
    ];
  });
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function refuseEmptyPolicies({ inputs }: ServiceContext): void {
  if (mapsAt(inputs, "policies").length === 0) {
    throw new ServiceError("400", "Invalid request: a token needs at least one policy");
  }
  for (const policy of mapsAt(inputs, "policies")) {
    if (mapsAt(policy, "permissionGroups").length === 0) {
      throw new ServiceError("1001", "Invalid token policy: at least one permission group is required");
    }
  }
}

/** A token of the user. */
export const apiTokenRule: TypeRule = {
  ...tokenRule,
  type: "cloudflare:index/apiToken:ApiToken",
  service: { create: refuseEmptyPolicies, update: refuseEmptyPolicies },
};

/** A token of the account: it outlives whoever made it. */
export const accountTokenRule: TypeRule = {
  ...tokenRule,
  type: "cloudflare:index/accountToken:AccountToken",
  required: ["accountId", ...(tokenRule.required ?? [])],
  createOnly: ["accountId"],
  service: {
    create: (context) => {
      requireAccount(context.world, textAt(context.inputs, "accountId") ?? "");
      refuseEmptyPolicies(context);
    },
    update: refuseEmptyPolicies,
  },
};
