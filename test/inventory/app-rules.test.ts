import { describe, expect, it } from "vitest";
import { afterEdits } from "./inventory-edit";

type Edit = readonly [file: string, from: string | RegExp, to: string];
const isPublic: Edit = [
  "services.yaml",
  "ingress: { exposure: network, port: 8080 }",
  "ingress: { exposure: public, port: 8080 }",
];
const certificate: Edit = [
  "environments.yaml",
  "  prod:\n",
  "  prod:\n    apps: { certificate: { secret: origin-certificate, token: cloudflare } }\n",
];
const secret: Edit = [
  "secrets.yaml",
  "secrets:\n",
  "secrets:\n  - { name: origin-certificate, owner: platform, environments: [prod], certificate: true }\n  - { name: cloudflare, owner: platform, environments: [prod] }\n",
];
const named = (...names: readonly string[]): Edit => [
  "environments.yaml",
  "    apps: { certificate",
  `    services: { mc-api: { domains: [${names.join(", ")}] } }\n    apps: { certificate`,
];
const at = "environments.yaml environments.prod.services.mc-api.domains";

describe("a public app", () => {
  it("has a name in a zone, and an environment with a certificate to show the edge", () => {
    expect(afterEdits(isPublic, certificate, secret, named("mc.alai.no"))).toEqual([]);
    expect(afterEdits(isPublic, certificate, secret, named("mc.example.com"))).toEqual([
      `${at}[0]: no zone of zones.yaml holds "mc.example.com" below its own name`,
    ]);
    const inEveryEnvironment: Edit = ["services.yaml", isPublic[2], `${isPublic[2]}\n    domains: [mc.alai.no]`];
    expect(afterEdits(isPublic, inEveryEnvironment)).toContain(
      "services.yaml services[0].domains[0]: prod has no apps.certificate in environments.yaml to show the edge",
    );
  });

  it("has names that no other environment, and no record, has", () => {
    const again: Edit = [
      "environments.yaml",
      "  dev:\n",
      "  dev:\n    apps: { certificate: { secret: origin-certificate, token: cloudflare } }\n    services: { mc-api: { domains: [mc.alai.no] } }\n",
    ];
    const inBoth: Edit = ["secrets.yaml", /environments: \[prod\](, certificate| }\n)/g, "environments: [prod, dev]$1"];
    expect(afterEdits(isPublic, certificate, secret, named("mc.alai.no"), again, inBoth)).toEqual(
      ["mc.alai.no already has a record (CNAME)", "asuid.mc.alai.no already has a record (TXT)"].map(
        (problem) => `environments.yaml environments.dev.services.mc-api.domains[0]: ${problem} from environments.yaml`,
      ),
    );
    expect(afterEdits(isPublic, certificate, secret, named("docs.alai.no"))).toEqual([
      `${at}[0]: docs.alai.no already has a record (A) from sites.yaml`,
    ]);
  });

  it("alone has names", () => {
    expect(afterEdits(certificate, secret, named("mc.alai.no"))).toEqual([
      `${at}: names are for public apps; set ingress.exposure to "public", or leave them out`,
    ]);
  });
});

describe("an environment's certificate", () => {
  it("is a secret of its vault that holds one, and the token that it is issued with another", () => {
    const path = "environments.yaml environments.prod.apps.certificate";
    expect(afterEdits(certificate)).toEqual([
      `${path}.secret: no secret "origin-certificate" in secrets.yaml for prod`,
      `${path}.token: no secret "cloudflare" in secrets.yaml for prod`,
    ]);
    const same: Edit = ["environments.yaml", "token: cloudflare", "token: origin-certificate"];
    expect(afterEdits(certificate, secret, same)).toEqual([
      `${path}.token: "origin-certificate" holds a certificate in secrets.yaml; name the secret with the token here`,
    ]);
    const plain: Edit = ["secrets.yaml", ", certificate: true", ""];
    expect(afterEdits(certificate, secret, plain)).toEqual([
      `${path}.secret: "origin-certificate" holds no certificate in secrets.yaml; say "certificate: true" there`,
    ]);
  });
});

describe("a service", () => {
  const first = "    databases: [mission_control]\n";
  const firstWith = (line: string): Edit => ["services.yaml", first, `${first}    ${line}\n`];

  it("calls others that answer", () => {
    const path = "services.yaml services[0].calls";
    expect(afterEdits(firstWith("calls: [hivemind-api, mc-api, hivemind-ap]"))).toEqual([
      `${path}[1]: the service calls itself; leave it out`,
      `${path}[2]: no service "hivemind-ap" in services.yaml; did you mean "hivemind-api"?`,
    ]);
    const silent: Edit = [
      "services.yaml",
      "ingress: { exposure: network, port: 8080 }\n    databases: [hivemind]",
      "ingress: { exposure: none }\n    databases: [hivemind]",
    ];
    expect(afterEdits(firstWith("calls: [hivemind-api]"), silent)).toEqual([
      `${path}[0]: nobody can call "hivemind-api": it has no ingress`,
    ]);
  });

  it("comes from the environment's registry, or names another, with a token that is a secret", () => {
    const without: Edit = ["environments.yaml", "  dev:\n    registry: Basic\n", "  dev:\n"];
    expect(afterEdits(without)).toContain(
      'services.yaml services[0]: dev has no registry in environments.yaml; say in repository where "mc-api" comes from',
    );
    const named = firstWith("repository: ghcr.io/example/mc");
    expect(afterEdits(without, named)).not.toContain(expect.stringContaining("services[0]"));
    const pulled = firstWith("repository: ghcr.io/example/mc\n    pull: { username: example, token: ghcr }");
    expect(afterEdits(pulled)).toEqual(
      ["prod", "dev"].map(
        (name) => `services.yaml services[0].pull.token: no secret "ghcr" in secrets.yaml for ${name}`,
      ),
    );
  });

  it("is pinned by digest where it is an official image, and never by a tag", () => {
    const repository = "services.yaml services[0].repository";
    const redis = "repository: public.ecr.aws/docker/library/redis";
    expect(afterEdits(firstWith(redis))).toEqual([
      `${repository}: nobody releases an official image; give its digest, "sha256:" and 64 hexadecimal digits`,
    ]);
    expect(afterEdits(firstWith(`${redis}\n    digest: sha256:${"a".repeat(64)}`))).toEqual([]);
    expect(afterEdits(firstWith("repository: ghcr.io/example/mc:latest"))).toEqual([
      `${repository}: a tag may mean another image tomorrow; leave it out, and give digest where nobody releases it`,
    ]);
  });

  it("fits the hardware that it runs on, in every environment", () => {
    const gpu: Edit = [
      "environments.yaml",
      "  prod:\n",
      "  prod:\n    apps: { profiles: { gpu: { type: Consumption-GPU-NC8as-T4 } } }\n",
    ];
    const path = "services.yaml services[0]";
    expect(afterEdits(gpu, ["services.yaml", "    cpu: 0.25\n", "    profile: gpu\n"])).toEqual(
      ["dev", "preview"].map(
        (name) => `${path}.profile: in ${name} "gpu" is no profile of the environment; it has Consumption`,
      ),
    );
    expect(afterEdits(["services.yaml", "cpu: 0.25", "cpu: 5"])).toContain(
      `${path}.cpu: in prod 5 is more than the 4 of Consumption`,
    );
  });

  it("grows with a list that KEDA can read: of a container that it uses", () => {
    const grows = "scale: { list: { cache: memory, name: jobs, messages: 5 } }";
    const cache = (environment: string, size: string): Edit => [
      "environments.yaml",
      `  ${environment}:\n`,
      `  ${environment}:\n    caches: [{ name: memory, eviction: noeviction, ${size} }]\n`,
    ];
    const password: Edit = [
      "secrets.yaml",
      "secrets:\n",
      "secrets:\n  - { name: redis-password, owner: platform, environments: [prod, dev, preview] }\n",
    ];
    const container = "size: container, password: redis-password";
    const everywhere = [cache("prod", container), cache("dev", container), cache("preview", container), password];
    expect(afterEdits(firstWith(`caches: [memory]\n    ${grows}`), ...everywhere)).toEqual([]);
    const at = "services.yaml services[0].scale.list.cache";
    expect(new Set(afterEdits(firstWith(grows), ...everywhere))).toEqual(
      new Set([`${at}: the app does not use "memory"; add it to caches, or scale by another list`]),
    );
    const [, ...others] = everywhere;
    expect(afterEdits(firstWith(`caches: [memory]\n    ${grows}`), cache("prod", "size: b0"), ...others)).toEqual([
      `${at}: in prod "memory" has the size b0: KEDA signs in to Redis by password only, and a cache has no keys; scale by a queue, or by CPU`,
    ]);
  });
});

describe("a cache that is a container", () => {
  it("needs a password, a secret, and has nothing of a managed one", () => {
    const cache = (rest: string): Edit => [
      "environments.yaml",
      "  prod:\n",
      `  prod:\n    caches: [{ name: memory, eviction: noeviction, ${rest} }]\n`,
    ];
    const path = "environments.yaml environments.prod.caches[0]";
    expect(afterEdits(cache("size: container, password: redis"))).toEqual([
      `${path}.password: no secret "redis" in secrets.yaml for prod`,
    ]);
    expect(afterEdits(cache("size: container, persistence: aof"))).toEqual([
      `${path}.persistence: is not offered on the size "container"; leave it out`,
      `${path}: the size "container" needs a password, a secret of the vault`,
    ]);
    expect(afterEdits(cache("size: b0, password: redis"))).toContain(
      `${path}.password: is for the size "container"; identities sign in to the others`,
    );
  });
});

describe("a bucket", () => {
  const bucket = (rest: string): Edit => [
    "environments.yaml",
    "  prod:\n",
    `  prod:\n    buckets: { buckets: [{ name: media, onlyCopy: made again by hand, ${rest} }] }\n`,
  ];
  const path = "environments.yaml environments.prod.buckets.buckets[0]";

  it("has its name in a zone, where nothing else has it, and no container has its own", () => {
    expect(afterEdits(bucket("domain: media.alai.no"))).toEqual([]);
    expect(afterEdits(bucket("domain: media.example.com"))).toEqual([
      `${path}.domain: no zone of zones.yaml holds "media.example.com" below its own name`,
    ]);
    expect(afterEdits(bucket("domain: docs.alai.no"))).toEqual([
      `${path}.domain: docs.alai.no already has a record (A) from sites.yaml`,
    ]);
    const container = "objects: { redundancy: local, recoveryDays: 7, containers: [{ name: media }] }";
    const both: Edit = ["environments.yaml", "    buckets:", `    ${container}\n    buckets:`];
    expect(afterEdits(bucket("retentionDays: 9"), both)).toEqual([
      `${path}.name: "media" is a container of objects, too; rename one of them`,
    ]);
  });

  it("is copied into a container of objects that nothing else uses, and says so instead of why it is not", () => {
    const copied = (to: string, more = "") =>
      afterEdits(
        [
          "environments.yaml",
          "  prod:\n",
          `  prod:\n    buckets: { buckets: [{ name: media, copy: { to: ${to} }${more} }, { name: more, copy: { to: first } }] }\n`,
        ],
        [
          "environments.yaml",
          "    buckets:",
          "    objects: { redundancy: local, recoveryDays: 7, containers: [{ name: copies }, { name: first }] }\n    buckets:",
        ],
      );
    expect(copied("copies")).toEqual([]);
    expect(copied("copied")).toEqual([
      `${path}.copy.to: no container of objects "copied" in prod; did you mean "copies"?`,
    ]);
    expect(copied("first")).toEqual([
      `${path.replace("[0]", "[1]")}.copy.to: "first" holds other things, too; give the copy a container of its own`,
    ]);
    expect(copied("copies", ", onlyCopy: made again by hand")).toEqual([
      `${path}: says where its copy is (copy), or why it needs none (onlyCopy): one of them`,
    ]);
  });
});
