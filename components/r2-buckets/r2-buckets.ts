import { createHash } from "node:crypto";
import { AccountToken } from "@pulumi/cloudflare/accountToken";
import { R2Bucket, type R2BucketArgs } from "@pulumi/cloudflare/r2bucket";
import { R2BucketCors } from "@pulumi/cloudflare/r2bucketCors";
import { R2BucketLifecycle } from "@pulumi/cloudflare/r2bucketLifecycle";
import { R2CustomDomain } from "@pulumi/cloudflare/r2customDomain";
import * as pulumi from "@pulumi/pulumi";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refusal, refuse } from "../../lib/refusal";
import { stateful } from "../adoption/resource-options";
import type { StackContext } from "../context/stack-context";
import type { KeyVault, SecretReference } from "../key-vault/key-vault";
import { physicalName } from "../naming/physical-name";
import { type Transform, transformed } from "../transform/transform";
import { type R2BucketsInventory, r2BucketsArguments } from "./schema";

export interface R2BucketsArgs extends R2BucketsInventory {
  readonly context: StackContext;
  /** The Cloudflare account. Replacement: another account replaces the buckets and what they hold. */
  readonly accountId: string;
  /** Where the keys of services are put. */
  readonly vault: Pick<KeyVault, "hold">;
  /** The ids of the zones in which buckets have names, by domain. Default: none. */
  readonly zones?: ReadonlyMap<string, pulumi.Input<string>> | undefined;
  readonly transform?: { readonly bucket?: Transform<R2BucketArgs> };
}

/** How a service gets at a bucket, by the S3 API. */
export interface BucketAccess {
  /** @example "https://ACCOUNT.eu.r2.cloudflarestorage.com/alai-dev-media" */
  readonly url: string;
  readonly accessKeyId: pulumi.Output<string>;
  readonly secretAccessKey: SecretReference;
}

type Bucket = R2BucketsInventory["buckets"][number];

/**
 * What a token may do with the objects of a bucket. Source: Cloudflare documentation, "R2: Authentication, create API tokens via API".
 */
const permissionGroups = {
  read: "6a018a9f2fc74eb6b293b0c548f38b39",
  write: "2efd5506f9c8494dacb1fa10a3e7d5b6",
} as const;

const secondsPerDay = 86_400;

/**
 * Buckets at Cloudflare, with their life cycle, the pages that may call them and the names that everybody reads them by. Services have
 * tokens, each for one bucket, whose keys are in the vault. R2 keeps no versions: what must not be lost has a copy elsewhere.
 */
export class R2Buckets extends pulumi.ComponentResource {
  readonly #name: string;
  readonly #args: R2BucketsArgs;
  readonly #buckets: ReadonlyMap<string, R2Bucket>;
  readonly #access = new Map<string, BucketAccess>();

  constructor(name: string, args: R2BucketsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:r2:R2Buckets", name, {}, opts);
    refuse(`R2Buckets "${name}"`, [...argumentProblems(r2BucketsArguments, args), ...zoneProblems(args)], args);
    this.#name = name;
    this.#args = args;
    this.#buckets = new Map(args.buckets.map((bucket) => [bucket.name, this.#bucket(bucket)]));
    this.registerOutputs({});
  }

  /** Whether there is a bucket of a name. */
  has(bucket: string): boolean {
    return this.#buckets.has(bucket);
  }

  /**
   * The way of services to a bucket: one token for those that read, one for those that write.
   *
   * @throws when there is no bucket of that name
   */
  access(bucket: string, way: "read" | "write"): BucketAccess {
    const made = this.#buckets.get(bucket);
    if (made === undefined)
      throw refusal(`R2Buckets "${this.#name}"`, [`there is no bucket "${bucket}"; add it to the buckets`]);
    const key = `${bucket}-${way}`;
    const access = this.#access.get(key) ?? this.#token(key, this.#bucketName(bucket), way, made);
    this.#access.set(key, access);
    return access;
  }

  #bucketName(bucket: string): string {
    return physicalName(this.#args.context, "r2Bucket", bucket);
  }

  #token(key: string, bucketName: string, way: "read" | "write", bucket: R2Bucket): BucketAccess {
    const { accountId, context, jurisdiction = "eu", vault } = this.#args;
    const token = new AccountToken(
      `${this.#name}-${key}`,
      {
        accountId,
        name: `${context.project}-${context.environment}-${key}`,
        policies: [
          {
            effect: "allow",
            permissionGroups: [{ id: permissionGroups[way] }],
            resources: JSON.stringify({
              [`com.cloudflare.edge.r2.bucket.${accountId}_${jurisdiction}_${bucketName}`]: "*",
            }),
          },
        ],
      },
      { parent: this, dependsOn: [bucket] },
    );
    // The S3 API signs with the token's hash. Source: Cloudflare documentation, "R2: Authentication, S3 API".
    const hash = pulumi.secret(token.value.apply((value) => createHash("sha256").update(value).digest("hex")));
    const host = `${accountId}.${jurisdiction === "default" ? "" : `${jurisdiction}.`}r2.cloudflarestorage.com`;
    return {
      url: `https://${host}/${bucketName}`,
      accessKeyId: token.id,
      secretAccessKey: vault.hold(`r2-${key}`, hash),
    };
  }

  #bucket(bucket: Bucket): R2Bucket {
    const { accountId, context, jurisdiction = "eu", transform } = this.#args;
    const name = `${this.#name}-${bucket.name}`;
    const made = new R2Bucket(
      ...transformed<R2BucketArgs>(
        transform?.bucket,
        name,
        { accountId, name: this.#bucketName(bucket.name), jurisdiction, storageClass: "Standard" },
        { parent: this, ...stateful(context, bucket.retired) },
      ),
    );
    const of = { accountId, bucketName: made.name, jurisdiction };
    const rules = lifecycleRules(bucket);
    if (rules.length > 0) new R2BucketLifecycle(name, { ...of, rules }, { parent: this });
    if (bucket.cors !== undefined) {
      const { origins, methods } = bucket.cors;
      const allowed = { origins: [...origins], methods: [...methods], headers: ["content-type"] };
      new R2BucketCors(name, { ...of, rules: [{ allowed, maxAgeSeconds: 3600 }] }, { parent: this });
    }
    const zone = bucket.domain === undefined ? undefined : zoneOf(bucket.domain, this.#args.zones);
    if (bucket.domain !== undefined && zone !== undefined) {
      const domain = { ...of, domain: bucket.domain, zoneId: zone, enabled: true, minTls: "1.2" };
      new R2CustomDomain(name, domain, { parent: this });
    }
    return made;
  }
}

function lifecycleRules({ infrequentAfterDays, retentionDays }: Bucket) {
  const after = (days: number) => ({ type: "Age", maxAge: days * secondsPerDay });
  const rule = { enabled: true, conditions: { prefix: "" } };
  return [
    // Parts of uploads that were never finished are paid for, too.
    { ...rule, id: "unfinished", abortMultipartUploadsTransition: { condition: after(7) } },
    ...(infrequentAfterDays === undefined
      ? []
      : [
          {
            ...{ ...rule, id: "infrequent" },
            storageClassTransitions: [{ condition: after(infrequentAfterDays), storageClass: "InfrequentAccess" }],
          },
        ]),
    ...retentionRules(retentionDays).map(({ id, prefix, days }) => ({
      ...{ id, enabled: true, conditions: { prefix } },
      deleteObjectsTransition: { condition: after(days) },
    })),
  ];
}

function retentionRules(kept: Bucket["retentionDays"] = {}) {
  if (typeof kept === "number") return [{ id: "retention", prefix: "", days: kept }];
  return Object.entries(kept).map(([folder, days]) => ({ id: `retention-${folder}`, prefix: `${folder}/`, days }));
}

function zoneOf(domain: string, zones: R2BucketsArgs["zones"] = new Map()): pulumi.Input<string> | undefined {
  return [...zones].find(([zone]) => domain.endsWith(`.${zone}`))?.[1];
}

function zoneProblems({ buckets, zones }: R2BucketsArgs) {
  return buckets.flatMap(({ domain }, index) =>
    domain === undefined || zoneOf(domain, zones) !== undefined
      ? []
      : [{ path: ["buckets", index, "domain"], message: `no zone of the environment holds "${domain}"` }],
  );
}
