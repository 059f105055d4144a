import { beforeEach, describe, expect, it } from "vitest";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { serviceSchema } from "../../components/container-apps/schema";
import { KeyVault } from "../../components/key-vault/key-vault";
import { ObjectStore } from "../../components/object-store/object-store";
import { PostgresServer } from "../../components/postgres-server/postgres-server";
import { copyBuckets } from "../../components/r2-buckets/bucket-copies";
import { R2Buckets, type R2BucketsArgs } from "../../components/r2-buckets/r2-buckets";
import { r2BucketsSchema } from "../../components/r2-buckets/schema";
import { databaseNetwork, deployServices } from "../../components/services/deploy-services";
import { shippedProgram } from "../../programs/bundle";
import { signedHeaders } from "../../programs/jobs/blob-store";
import type { WorldObject } from "../../sandbox/world/world";
import { AzureStack, aZone, type Surroundings, tenantId } from "./azure-stack";
import { type Received, runScript, startServer } from "./script-run";

const accountId = "5a1d0c0de0000000000000000000acc1";
const account: WorldObject = {
  cloud: "cloudflare",
  kind: "cloudflare:index/account:Account",
  id: accountId,
  properties: { name: "ours" },
};
const media = {
  ...{ name: "media", onlyCopy: "thumbnails, which are made again", infrequentAfterDays: 30, retentionDays: 365 },
  cors: { origins: ["https://app.alai.no"], methods: ["GET" as const] },
  domain: "media.alai.no",
};

function buckets(around: Surroundings, vault: KeyVault, more: Partial<R2BucketsArgs> = {}): R2Buckets {
  const zones = new Map([["alai.no", aZone.id]]);
  return new R2Buckets("buckets", { context: around.context, accountId, vault, zones, buckets: [media], ...more });
}

const vaultOf = (around: Surroundings) =>
  new KeyVault("vault", { ...around, tenantId, reachedBy: [{ who: "apps", via: "private-endpoint" }] });

describe("R2Buckets", () => {
  it("gives a service its bucket, by a token for that bucket whose key only the vault has", async () => {
    const stack = new AzureStack([account, aZone]);
    await stack.upTwice((around) => {
      const vault = vaultOf(around);
      const api = { kind: "app", tier: "P1", ingress: { exposure: "none" }, repository: "ghcr.io/example/api" };
      deployServices([serviceSchema.parse({ ...api, name: "api", objects: { media: "write" } })], {
        ...{ ...around, vault, buckets: buckets(around, vault), caches: new Map(), replicas: { min: 0, max: 1 } },
        environment: new ContainerAppsEnvironment("apps", around),
        postgres: new PostgresServer("postgres", {
          ...{ ...around, tenantId, version: "16", size: "b1ms", databases: ["main"] },
          access: { kind: "network", network: databaseNetwork(around.network) },
          administrators: [{ name: "ops", objectId: "10000000-0000-4000-8000-000000000001", type: "Group" }],
        }),
      });
    });
    const inputs = async (type: string) => (await stack.inputs(`cloudflare:index/${type}`)).get("buckets-media");
    expect(await inputs("r2Bucket:R2Bucket")).toMatchObject({ name: "alai-dev-media", jurisdiction: "eu" });
    expect(await inputs("r2BucketLifecycle:R2BucketLifecycle")).toMatchObject({
      rules: [
        { id: "unfinished" },
        { id: "infrequent", storageClassTransitions: [{ condition: { type: "Age", maxAge: 2_592_000 } }] },
        { id: "retention", deleteObjectsTransition: { condition: { type: "Age", maxAge: 31_536_000 } } },
      ],
    });
    expect(await inputs("r2BucketCors:R2BucketCors")).toMatchObject({
      rules: [{ allowed: { origins: ["https://app.alai.no"], methods: ["GET"] } }],
    });
    expect(await inputs("r2CustomDomain:R2CustomDomain")).toMatchObject({ domain: "media.alai.no", minTls: "1.2" });
    const tokens = await stack.inputs("cloudflare:index/accountToken:AccountToken");
    expect(tokens.get("buckets-media-write")).toMatchObject({
      policies: [{ resources: `{"com.cloudflare.edge.r2.bucket.${accountId}_eu_alai-dev-media":"*"}` }],
    });
    const app = JSON.stringify((await stack.inputs("azure-native:app:ContainerApp")).get("api"));
    expect(app).toContain(`"https://${accountId}.eu.r2.cloudflarestorage.com/alai-dev-media"`);
    expect(app).toContain('"name":"MEDIA_SECRET_ACCESS_KEY","secretRef":"media-secret-access-key"');
    expect(app).not.toContain("OBJECTS_URL");
    expect(app).not.toMatch(/"[0-9a-f]{64}"/);
    const held = (await stack.inputs("azure-native:keyvault:Secret")).get("vault-r2-media-write");
    expect(held).toMatchObject({ secretName: "r2-media-write" });
  });

  it("refuses a name without a zone, and a bucket that there is not", async () => {
    const refusal = (make: (made: R2Buckets) => unknown, more: Partial<R2BucketsArgs> = {}) =>
      new AzureStack([account, aZone]).refusal((around) => make(buckets(around, vaultOf(around), more)));
    expect(await refusal(() => undefined, { zones: new Map() })).toContain(
      'R2Buckets "buckets": buckets[0].domain: no zone of the environment holds "media.alai.no"',
    );
    expect(await refusal((made) => made.access("evidence", "read"))).toContain(
      'R2Buckets "buckets": there is no bucket "evidence"; add it to the buckets',
    );
  });

  it("copies a bucket with a key that reads it alone, into the container that its identity writes", async () => {
    const stack = new AzureStack([account, aZone]);
    await stack.upTwice((around) => {
      const { onlyCopy: _, ...rest } = media;
      const inventory = { buckets: [{ ...rest, copy: { to: "copies" } }] };
      const made = buckets(around, vaultOf(around), inventory);
      const containers = [{ name: "copies" }, { name: "others" }];
      const objects = new ObjectStore("objects", { ...around, redundancy: "local", recoveryDays: 7, containers });
      const environment = new ContainerAppsEnvironment("apps", around);
      expect(copyBuckets(inventory, { ...around, environment, registry: undefined, buckets: made, objects })).toEqual([
        { name: "copy-media", schedule: "20 * * * *", jobNames: ["alai-dev-copy-media"], container: "copy-media" },
      ]);
    });
    const tokens = await stack.inputs("cloudflare:index/accountToken:AccountToken");
    expect([...tokens.keys()]).toEqual(["buckets-media-read"]);
    const job = JSON.stringify((await stack.inputs("azure-native:app:Job")).get("copy-media"));
    expect(job).toContain(`"https://${accountId}.eu.r2.cloudflarestorage.com/alai-dev-media"`);
    expect(job).toMatch(/"COPIES_URL","value":"https:\/\/[^"]*\/copies"/);
    const granted = [...(await stack.inputs("azure-native:authorization:RoleAssignment")).values()];
    const scopes = granted.map((inputs) => String(inputs.scope)).filter((scope) => scope.includes("/containers/"));
    expect(scopes.map((scope) => scope.split("/").at(-1))).toEqual(["copies"]);
  });

  it("of the inventory says why its bucket may be the only copy, once, and keeps objects no shorter than it pays", () => {
    const issues = (entry: object) =>
      r2BucketsSchema
        .safeParse({ buckets: [entry] })
        .error?.issues.map(({ path, message }) => `${String(path.at(-1))}: ${message}`);
    const { onlyCopy: _, ...without } = media;
    expect(issues(without)).toEqual(["0: says where its copy is (copy), or why it needs none (onlyCopy): one of them"]);
    expect(issues({ ...media, retentionDays: 40 })).toEqual([
      "retentionDays: is less than 30 days after infrequentAfterDays (30), for which Cloudflare is paid in any case",
    ]);
    expect(r2BucketsSchema.safeParse({ buckets: [media, media] }).success).toBe(false);
    expect(issues({ ...media, cors: { origins: ["http://a.example"], methods: ["GET"] } })?.[0]).toContain("https://");
  });
});

describe("the copy of a bucket", () => {
  const script = shippedProgram("programs/jobs/copy-bucket.ts").text;
  const key = { accessKeyId: "key", secretAccessKey: "secret", region: "auto" };
  let bucket: Map<string, string>;
  let copies: Map<string, { readonly body: string; readonly type: unknown; readonly etag: string }>;
  /** Objects that the container refuses. */
  let refused: string;

  beforeEach(() => {
    [bucket, copies, refused] = [new Map(), new Map(), ""];
  });

  /** `zip` is stored with an encoding, which nobody undoes: it is none. */
  const encoding = (name: string) => (name === "zip" ? { "content-encoding": "gzip" } : {});
  const etagOf = (content: string) => `"${Buffer.from(content).toString("hex")}"`;
  const escaped = (name: string) => name.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("'", "&#39;");

  /** A bucket that checks signatures and lists two objects a page, and a container. */
  function answer({ method, url, headers, body }: Received) {
    if (url.startsWith("/identity")) return { status: 200, body: { access_token: "storage-token" } };
    const asked = new URL(url, `http://${headers.host}`);
    const name = decodeURIComponent(asked.pathname.split("/").slice(2).join("/"));
    if (asked.pathname.startsWith("/copies")) {
      if (headers.authorization !== "Bearer storage-token") return { status: 403 };
      if (method === "GET") {
        const blobs = [...copies].map(
          ([blob, { etag }]) =>
            `<Blob><Name>${escaped(blob)}</Name><Metadata><sourceetag>${etag}</sourceetag></Metadata></Blob>`,
        );
        return { status: 200, body: blobs.join("") };
      }
      if (name === refused) return { status: 503 };
      const etag = String(headers["x-ms-meta-sourceetag"]);
      copies.set(name, { body: body.toString(), type: headers["x-ms-blob-content-type"], etag });
      return { status: 201 };
    }
    const at = new Date(String(headers["x-amz-date"]).replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
    if (headers.authorization !== signedHeaders(key, { method, url: asked, at }).authorization) return { status: 403 };
    const content = bucket.get(name);
    if (name !== "")
      return content === undefined
        ? { status: 404 }
        : {
            ...{ status: 200, body: Buffer.from(content) },
            headers: {
              etag: etagOf(content),
              "content-type": "image/png",
              "content-length": String(Buffer.byteLength(content)),
              ...encoding(name),
            },
          };
    const rest = [...bucket].sort().filter(([listed]) => listed > (asked.searchParams.get("start-after") ?? ""));
    const page = rest.slice(0, 2).map(([listed, each]) => {
      return `<Contents><Key>${escaped(listed)}</Key><ETag>${etagOf(each).replaceAll('"', "&quot;")}</ETag></Contents>`;
    });
    return { status: 200, body: `${page.join("")}<IsTruncated>${rest.length > 2}</IsTruncated>` };
  }

  async function run() {
    const { url, received } = await startServer(answer);
    const result = await runScript(script, {
      ...{
        BUCKET_URL: `${url}/bucket`,
        COPIES_URL: `${url}/copies`,
        ACCESS_KEY_ID: "key",
        SECRET_ACCESS_KEY: "secret",
      },
      ...{ IDENTITY_ENDPOINT: `${url}/identity`, IDENTITY_HEADER: "header" },
    });
    return { ...result, written: received.filter(({ method }) => method === "PUT").length };
  }

  it("has every object with its type, whatever its name, and is brought up to date by what changed alone", async () => {
    for (const name of ["a.png", "b/ c+d & 'e' <f>(1)!.png", "æ/ø*.png", "deep/er/x", "zip", "last"])
      bucket.set(name, `of ${name}`);
    expect(await run()).toMatchObject({
      exitCode: 0,
      written: 6,
      output: expect.stringContaining("6 objects, 6 of them"),
    });
    expect(new Map([...copies].map(([name, { body }]) => [name, body]))).toEqual(bucket);
    expect(copies.get("a.png")?.type).toBe("image/png");
    expect((await run()).written).toBe(0);
    bucket.set("last", "another").delete("a.png");
    expect((await run()).written).toBe(1);
    expect([copies.get("last")?.body, copies.get("a.png")?.body]).toEqual(["another", "of a.png"]);
  });

  it("fails, and is made the next time, when one object cannot be copied; the others are", async () => {
    for (const name of ["a", "b", "c/../d"]) bucket.set(name, name);
    refused = "a";
    const first = await run();
    expect(first).toMatchObject({ exitCode: 1, output: expect.stringContaining("a: the blob store answered 503") });
    expect(first.output).toContain('c/../d: no address can hold the name "c/../d"');
    expect(first.output).toContain("2 objects were not copied");
    expect([...copies.keys()]).toEqual(["b"]);
    refused = "";
    bucket.delete("c/../d");
    expect(await run()).toMatchObject({ exitCode: 0, written: 1 });
  });
});
