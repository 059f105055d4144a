import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { appProblems, type ContainerAppArgs } from "../../components/container-apps/container-app";
import {
  desiredImage,
  imageProblems,
  isPlaceholder,
  placeholders,
} from "../../components/container-apps/container-image";
import { domainProblems } from "../../components/container-apps/custom-domain";
import { type Ingress, ingressArgs, ingressProblems } from "../../components/container-apps/ingress";
import { probeArgs } from "../../components/container-apps/probes";
import { profileArgs, profileProblems, sizeOnProfile } from "../../components/container-apps/profile";
import { scaleArgs } from "../../components/container-apps/scale";
import { serviceSchema } from "../../components/container-apps/schema";
import type { StackContext } from "../../components/context/stack-context";
import { cloudflareAddresses } from "../../lib/cloudflare-addresses";
import { formatPropertyPath } from "../../lib/property-path";

const context: StackContext = {
  project: "alai",
  environment: "dev",
  lasting: true,
  location: "swedencentral",
  tags: { Project: "alai", Environment: "dev", ManagedBy: "pulumi", Team: "platform", CostCenter: "infra" },
};
const app: ContainerAppArgs = {
  context,
  resourceGroupName: "group",
  environment: {
    id: "id",
    environmentName: "apps",
    resourceGroupName: "group",
    defaultDomain: "example.azurecontainerapps.io",
    domainVerificationId: "id",
    internal: true,
    networkBlocks: [],
  },
  image: { ownedBy: "release", repository: "mc-api" },
  ingress: { exposure: "network", port: 8080 },
};

/** As a refusal says them. */
const problemsOf = (change: Partial<ContainerAppArgs>) =>
  appProblems({ ...app, ...change }).map((problem) =>
    typeof problem === "string" ? problem : `${formatPropertyPath(problem.path)}: ${problem.message}`,
  );

const digest = `sha256:${"a".repeat(64)}`;
const released = `alaidev.azurecr.io/mc-api@sha256:${"b".repeat(64)}`;

describe("desiredImage", () => {
  const byRelease = { ownedBy: "release", repository: "mc-api" } as const;

  it("is a placeholder until something is released, and then what was released", () => {
    expect(desiredImage(byRelease, "app", undefined, undefined)).toBe(placeholders.app.image);
    expect(desiredImage(byRelease, "job", undefined, undefined)).toBe(placeholders.job.image);
    expect(desiredImage(byRelease, "app", placeholders.app.image, undefined)).toBe(placeholders.app.image);
    expect(desiredImage(byRelease, "app", released, undefined)).toBe(released);
  });

  it("is the first digest where one is given, and never goes back to it", () => {
    const first = { ...byRelease, digest };
    expect(desiredImage(first, "app", undefined, "alaidev.azurecr.io")).toBe(`alaidev.azurecr.io/mc-api@${digest}`);
    expect(desiredImage(first, "app", released, "alaidev.azurecr.io")).toBe(released);
  });

  it("is what the program pins, whatever runs", () => {
    const pinned = { ownedBy: "program", repository: "ghcr.io/tailscale/tailscale", digest } as const;
    const image = `ghcr.io/tailscale/tailscale@${digest}`;
    expect(desiredImage(pinned, "app", released, undefined)).toBe(image);
    // The registry that is given has it by its whole name.
    expect(desiredImage(pinned, "app", released, "alaidev.azurecr.io")).toBe(`alaidev.azurecr.io/${image}`);
  });

  it("tells a placeholder from an image", () => {
    expect([placeholders.app.image, placeholders.job.image, released].map(isPlaceholder)).toEqual([true, true, false]);
  });

  it("refuses what is no digest", () => {
    expect(imageProblems({ ownedBy: "program", repository: "mc-api", digest: "latest" })).toEqual([
      'image.digest "latest" is not a digest; give "sha256:" and 64 hexadecimal digits',
    ]);
  });
});

describe("scale", () => {
  it("is one to three replicas by requests unless told otherwise", () => {
    expect(scaleArgs({}, true, "id")).toEqual({
      minReplicas: 1,
      maxReplicas: 3,
      rules: [{ name: "requests-1", http: { metadata: { concurrentRequests: "10" } } }],
    });
    expect(scaleArgs({ min: 5 }, false, "id")).toEqual({ minReplicas: 5, maxReplicas: 5, rules: [] });
  });

  it("reads queues with the app's identity", () => {
    const scaler = { by: "scaler", type: "azure-servicebus", metadata: { queueName: "jobs" } } as const;
    expect(scaleArgs({ rules: [scaler, { by: "cpu", percent: 70 }] }, true, "id").rules).toEqual([
      { name: "scaler-1", custom: { type: "azure-servicebus", metadata: { queueName: "jobs" }, identity: "id" } },
      { name: "cpu-2", custom: { type: "cpu", metadata: { type: "Utilization", value: "70" } } },
    ]);
  });

  it("refuses what cannot work", () => {
    expect(problemsOf({ scale: { min: 4, max: 2 } })).toEqual(["scale.min: min is above max, got 4"]);
    expect(problemsOf({ scale: { min: -1, max: 1001 } })).toEqual([
      "scale.min: expected at least 0, got -1",
      "scale.max: expected at most 1000, got 1001",
    ]);
    expect(problemsOf({ scale: { cooldownSeconds: -1, pollingSeconds: 0 }, stopSeconds: 601 })).toEqual([
      "scale.cooldownSeconds: expected at least 0, got -1",
      "scale.pollingSeconds: expected at least 1, got 0",
      "stopSeconds: expected at most 600, got 601",
    ]);
    const list = { by: "scaler", type: "redis-cluster", metadata: { listName: "jobs" } } as const;
    expect(problemsOf({ scale: { rules: [list] } })).toEqual([
      'the scaler "redis-cluster" cannot be used: KEDA signs in to Redis by password only, and a cache has no keys; scale by a queue, or by CPU',
    ]);
    const byPassword = {
      by: "list",
      address: "redis:6379",
      list: "jobs",
      messages: 1,
      password: "REDIS_PASSWORD",
    } as const;
    expect(
      problemsOf({
        scale: { rules: [byPassword, { by: "requests", concurrentRequests: 1 }] },
        ingress: { exposure: "none" },
      }),
    ).toEqual([
      'scale.rules read the password of "jobs" from REDIS_PASSWORD, which is not among the secrets',
      "scale.rules count requests, but the app answers no HTTP; scale by something else",
    ]);
    expect(problemsOf({ scale: { rules: [{ by: "cpu", percent: 101 }] } })).toEqual([
      "scale.rules[0].percent: expected at most 100, got 101",
    ]);
    expect(problemsOf({ scale: { min: 0, rules: [{ by: "memory", percent: 80 }] } })).toEqual([
      "scale.min is 0, but CPU and memory cannot wake an app that has no replica; add a rule by requests, or keep one replica",
    ]);
  });
});

describe("ingress", () => {
  const inside = { internal: true, networkBlocks: ["10.20.0.0/16"] };
  const outside = { internal: false, networkBlocks: ["10.20.0.0/16"] };
  const fromLaptops: Ingress = {
    exposure: "addresses",
    port: 8080,
    reachedBy: [{ who: "laptops", via: "addresses", addresses: ["203.0.113.7/32"] }],
  };
  const args = (ingress: Ingress, environment = inside) =>
    ingressArgs('ContainerApp "api"', ingress, environment, [], [{ latestRevision: true, weight: 100 }]);

  it("lets in what its exposure says, encrypted, and nothing else", () => {
    expect(args({ exposure: "none" })).toBeUndefined();
    expect(args({ exposure: "environment", port: 8080 })).toMatchObject({
      external: false,
      allowInsecure: false,
      ipSecurityRestrictions: [],
    });
    expect(args({ exposure: "network", port: 8080 })).toMatchObject({
      external: true,
      allowInsecure: false,
      ipSecurityRestrictions: [{ action: "Allow", ipAddressRange: "10.20.0.0/16" }],
    });
    expect(args(fromLaptops, outside)).toMatchObject({
      external: true,
      allowInsecure: false,
      ipSecurityRestrictions: [{ name: "allow-1", action: "Allow", ipAddressRange: "203.0.113.7" }],
    });
    const fromEdge = args({ exposure: "public", port: 8080 }, outside);
    expect(fromEdge).toMatchObject({ external: true, clientCertificateMode: "Require" });
    expect(JSON.stringify(fromEdge).match(/(?<="ipAddressRange":")[^"]+/g)).toEqual(cloudflareAddresses.ipv4);
  });

  it("over TCP exposes the container's own port, and has nothing of HTTP", () => {
    expect(args({ exposure: "network", port: 6379, transport: "tcp" })).toEqual({
      ...{ external: true, targetPort: 6379, exposedPort: 6379, transport: "Tcp", customDomains: [] },
      traffic: [{ latestRevision: true, weight: 100 }],
      ipSecurityRestrictions: [{ name: "allow-1", action: "Allow", ipAddressRange: "10.20.0.0/16" }],
    });
    expect(problemsOf({ ingress: { exposure: "network", port: 443, transport: "tcp", affinity: true } })).toEqual([
      "ingress.affinity: is for HTTP, whose requests carry a cookie; leave it out",
      "ingress.port: 443 is the environment's own for HTTP; let the container listen on another",
    ]);
  });

  it("refuses addresses that are none or too wide", () => {
    const open: Ingress = {
      exposure: "addresses",
      port: 80,
      reachedBy: [{ who: "ci", via: "addresses", addresses: ["0.0.0.0/0"] }],
    };
    expect(() => args(open, outside)).toThrow(
      'ContainerApp "api": reachedBy for ci lists "0.0.0.0/0", which is wider than /24',
    );
    expect(() => args({ exposure: "addresses", port: 80, reachedBy: [] }, outside)).toThrow("reachedBy is empty");
  });

  it("refuses an exposure that its environment cannot give", () => {
    expect(ingressProblems({ exposure: "network", port: 8080 }, outside)).toEqual([
      'ingress.exposure is "network", but the environment has a public address; use "environment" or "addresses", or an internal environment',
    ]);
    expect(ingressProblems(fromLaptops, inside)).toEqual([
      'ingress.exposure is "addresses", but the environment has no public address; use "network", or an environment that is not internal',
    ]);
    expect(ingressProblems({ exposure: "public", port: 80 }, inside)).toEqual([
      'ingress.exposure is "public", but the environment has no public address; use "network", or an environment that is not internal',
    ]);
    expect(ingressProblems({ exposure: "public", port: 80 }, outside)).toEqual([
      'ingress.exposure is "public", but the environment has no certificate to show the edge; give it one',
    ]);
  });

  it("gives names of its own only to what is called from outside of the environment", () => {
    const names = (...hostnames: string[]) => hostnames.map((hostname) => ({ hostname }));
    expect(domainProblems(names("api.alai.no"), fromLaptops)).toEqual([]);
    expect(domainProblems(names("api.alai.no"), { exposure: "network", port: 80 })).toEqual([]);
    expect(domainProblems(names("api.alai.no"), { exposure: "environment", port: 80 })).toEqual([
      'customDomains are for callers from outside the environment, but ingress.exposure is "environment"; use "public", "addresses" or "network", or leave them out',
    ]);
    expect(domainProblems([], { exposure: "public", port: 80 })).toEqual([
      'ingress.exposure is "public", but customDomains is empty: the edge asks the app by its name; give one',
    ]);
    expect(domainProblems(names("alai.no", "API.alai.no", "a.alai.no", "a.alai.no"), fromLaptops)).toEqual([
      'customDomains: "alai.no" is not a lower-case host name below a zone, such as "api.example.com"',
      'customDomains: "API.alai.no" is not a lower-case host name below a zone, such as "api.example.com"',
      'customDomains: "a.alai.no" is given twice; keep one of them',
    ]);
  });
});

describe("probes", () => {
  it("ask paths where there are some, and else the port", () => {
    expect(
      probeArgs({ liveness: "/health/live" }, 8080).map(({ type, httpGet, tcpSocket }) => ({
        type,
        httpGet,
        tcpSocket,
      })),
    ).toEqual([
      { type: "Startup", httpGet: { path: "/health/live", port: 8080, scheme: "HTTP" } },
      { type: "Liveness", httpGet: { path: "/health/live", port: 8080, scheme: "HTTP" } },
      { type: "Readiness", tcpSocket: { port: 8080 } },
    ]);
  });

  it("have numbers of their own where a path comes with some", () => {
    const liveness = { path: "/health", delaySeconds: 30, periodSeconds: 15, timeoutSeconds: 5, failures: 3 };
    const [, live] = probeArgs({ liveness }, 4000);
    expect(live).toEqual({
      ...{ type: "Liveness", httpGet: { path: "/health", port: 4000, scheme: "HTTP" } },
      ...{ initialDelaySeconds: 30, periodSeconds: 15, timeoutSeconds: 5, failureThreshold: 3 },
    });
    expect(problemsOf({ probes: { liveness: { ...liveness, failures: 11 } } })).toEqual([
      expect.stringContaining("probes.liveness"),
    ]);
  });

  it("refuse what is no path, and an app without a port", () => {
    expect(problemsOf({ probes: { liveness: "health" } })).toEqual([
      'probes.liveness: expected a path that begins with /, got "health"',
    ]);
    expect(problemsOf({ ingress: { exposure: "none" }, probes: { liveness: "/health" } })).toEqual([
      'probes are given, but ingress.exposure is "none"; there is no port to ask',
    ]);
  });
});

describe("a workload profile", () => {
  const profiles = { gpu: { type: "Consumption-GPU-NC8as-T4" }, big: { type: "D4", min: 1 } } as const;

  it("is what its region offers, once, with nodes where it is paid by node", () => {
    expect(profileProblems(profiles, { location: "swedencentral" })).toEqual([]);
    expect(profileArgs(profiles)).toEqual([
      { name: "Consumption", workloadProfileType: "Consumption" },
      { name: "Consumption-GPU-NC8as-T4", workloadProfileType: "Consumption-GPU-NC8as-T4" },
      { name: "D4", workloadProfileType: "D4", minimumCount: 1, maximumCount: 3 },
    ]);
    const wrong = {
      gpu: { ...profiles.gpu, min: 1, max: 2 },
      big: { type: "D4", min: 3, max: 2 },
      more: { type: "D4" },
    } as const;
    const problems = profileProblems(wrong, { location: "northeurope" });
    expect(problems.map(({ path, message }) => `${path.slice(1).join(".")}: ${message.slice(0, 62)}`)).toEqual([
      'gpu.type: "Consumption-GPU-NC8as-T4" is not offered in northeurope; it i',
      'gpu.min: "Consumption-GPU-NC8as-T4" is paid by replica and has no nodes',
      'gpu.max: "Consumption-GPU-NC8as-T4" is paid by replica and has no nodes',
      "big.min: min is above max",
      'big.type: "D4" is there twice; keep one of them',
      'more.type: "D4" is there twice; keep one of them',
    ]);
  });

  it("gives a container what it has: all of it where a replica is paid for", () => {
    expect(sizeOnProfile({ profile: "gpu" }, profiles)).toEqual({ cpu: 8, memoryGib: 56 });
    expect(sizeOnProfile({ profile: "big", cpu: 2, memoryGib: 12 }, profiles)).toEqual({ cpu: 2, memoryGib: 12 });
    expect(sizeOnProfile({ cpu: 2 }, profiles)).toEqual({ cpu: 2, memoryGib: 4 });
    const environment = { ...app.environment, profiles };
    expect(problemsOf({ environment, profile: "gpu" })).toEqual([]);
    expect(problemsOf({ environment, profile: "Consumption" })).toEqual([]);
    expect(problemsOf({ environment, profile: "huge" })).toEqual([
      'profile: "huge" is no profile of the environment; it has Consumption, gpu, big',
    ]);
    expect(problemsOf({ environment, profile: "big", cpu: 5, memoryGib: 17 })).toEqual([
      "cpu: 5 is more than the 4 of D4",
      "memoryGib: 17 GiB is more than the 16 of D4",
    ]);
    expect(problemsOf({ cpu: 1, memoryGib: 4 })).toEqual([
      "memoryGib: each CPU brings 2 GiB on Consumption; leave it out",
    ]);
    expect(problemsOf({ cpu: 4.25 })).toContain("cpu: 4.25 is more than the 4 of Consumption");
  });
});

describe("the pull of an image", () => {
  it("is from the registry that the image names, and has a secret of its own name", () => {
    const token = { name: "pull", id: pulumi.output("id"), uri: pulumi.output("uri"), version: undefined };
    const pull = { server: "ghcr.io", username: "example", token };
    expect(problemsOf({ pull, secrets: { PULL_TOKEN: token } })).toEqual([
      "pull is for ghcr.io, and the image comes from the registry that is given",
      'the secret "pull-token" is the one that the image is pulled with; rename the variable',
    ]);
    const image = { ownedBy: "release", repository: "ghcr.io/example/api" } as const;
    expect(problemsOf({ pull, image })).toEqual([]);
    expect(problemsOf({ pull, image, registry: { id: "id", loginServer: "a.azurecr.io" } })).toEqual([
      "image.repository names ghcr.io, and a registry is given, too; keep one of them",
    ]);
  });
});

describe("serviceSchema", () => {
  const app = { name: "mc-api", kind: "app", tier: "P0", ingress: { exposure: "network", port: 8080 } };
  const job = { name: "dns-export", kind: "job", tier: "P2", schedule: "0 2 * * 0", timeoutSeconds: 600 };

  it("takes an app and a job", () => {
    expect([app, job].map((entry) => serviceSchema.safeParse(entry).success)).toEqual([true, true]);
  });

  it("takes a digest and a token only of an image that names its registry", () => {
    const message = 'is for an image of another registry; give repository with its host, such as "ghcr.io/example/api"';
    const given = { ...job, digest, pull: { username: "a", token: "pull" } };
    const issues = serviceSchema.safeParse(given).error?.issues.map((issue) => [issue.path[0], issue.message]);
    expect(issues).toEqual([
      ["digest", message],
      ["pull", message],
    ]);
    expect(serviceSchema.safeParse({ ...given, repository: "ghcr.io/example/api" }).success).toBe(true);
  });

  it("refuses what belongs to the other, and six cron fields", () => {
    expect(serviceSchema.safeParse({ ...app, timeoutSeconds: 1 }).error?.issues[0]?.code).toBe("unrecognized_keys");
    expect(serviceSchema.safeParse({ ...job, schedule: "0 0 2 * * 0" }).error?.issues[0]?.message).toBe(
      'expected five cron fields, in UTC, such as "0 2 * * 0"; it has 6 fields; expected exactly 5: minute, hour, day, month, weekday',
    );
  });
});
