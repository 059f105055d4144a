import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CacheRule } from "@pulumi/azure-native/containerregistry";
import { describe, expect, it } from "vitest";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { ContainerJob } from "../../components/container-apps/container-job";
import { ContainerRegistry } from "../../components/container-registry/container-registry";
import { publicImages } from "../../components/container-registry/public-images";
import { AzureStack, type Surroundings } from "./azure-stack";

const type = "azure-native:containerregistry:Registry";

describe("ContainerRegistry", () => {
  it("deploys without an admin user, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => {
      const registry = new ContainerRegistry("images", { ...around, size: { sku: "Basic" } });
      return { server: registry.loginServer, privateNames: registry.privateNames };
    });
    expect(outputs).toEqual({
      server: expect.stringMatching(/^alaidevimages[0-9a-f]{8}\.azurecr\.io$/),
      privateNames: [],
    });
    expect((await stack.inputs(type)).get("images")).toMatchObject({
      adminUserEnabled: false,
      anonymousPullEnabled: false,
    });
  });

  it("fetches official images when they are asked for, and no others", async () => {
    const stack = new AzureStack();
    const { digest } = publicImages.postgres;
    const job = (around: Surroundings, repository: string) =>
      new ContainerJob("job", {
        ...around,
        environment: new ContainerAppsEnvironment("apps", around),
        registry: new ContainerRegistry("images", { ...around, size: { sku: "Basic" } }),
        ...{ image: { ownedBy: "program", repository, digest }, trigger: { by: "hand" }, timeoutSeconds: 60 },
      });
    await stack.upTwice((around) => void job(around, publicImages.postgres.repository));
    const [image] = JSON.stringify(await stack.inputs("azure-native:app:Job").then((jobs) => jobs.get("job"))).match(
      /[^"]+@sha256:[0-9a-f]{64}/,
    ) ?? [""];
    expect(image).toMatch(/^alaidevimages[0-9a-f]{8}\.azurecr\.io\/public\.ecr\.aws\/docker\/library\/postgres@/);
    expect(await new AzureStack().refusal((around) => job(around, "docker.io/library/postgres"))).toContain(
      "MANIFEST_UNKNOWN",
    );
  });

  it.each([
    ["docker.io/library/*", "docker.io/library/*", "'docker.io' needs a credential set."],
    ["example.com/*", "example.com/*", "'example.com' is no upstream that a cache rule can have."],
    ["ghcr.io/a/*", "ghcr.io/a", "Both repositories end with '/*', or neither does."],
  ])("is refused by Azure a copy of %s as %s", async (sourceRepository, targetRepository, told) => {
    const said = await new AzureStack().refusal(({ resourceGroupName, ...around }) => {
      const registry = new ContainerRegistry("images", { ...around, resourceGroupName, size: { sku: "Basic" } });
      const registryName = registry.id.apply((id) => id.split("/").at(-1) ?? "");
      const cacheRuleName = "other";
      const parts = { resourceGroupName, registryName, cacheRuleName, sourceRepository, targetRepository };
      new CacheRule("other", parts);
    });
    expect(said).toContain(told);
  });

  it("deploys Premium closed, and changes nothing the second time", async () => {
    const stack = new AzureStack();
    const { outputs } = await stack.upTwice((around) => {
      const { network } = around;
      const registry = new ContainerRegistry("images", {
        ...around,
        size: { sku: "Premium", network, zoneRedundant: true, reachedBy: [{ who: "apps", via: "private-endpoint" }] },
        transform: { registry: { dataEndpointEnabled: true } },
      });
      return { server: registry.loginServer, privateNames: registry.privateNames };
    });
    expect(outputs.privateNames).toEqual([outputs.server]);
    expect((await stack.inputs(type)).get("images")).toMatchObject({
      publicNetworkAccess: "Disabled",
      zoneRedundancy: "Enabled",
      networkRuleSet: { defaultAction: "Deny" },
      policies: { exportPolicy: { status: "disabled" }, azureADAuthenticationAsArmPolicy: { status: "disabled" } },
      dataEndpointEnabled: true,
    });
  });

  it("refuses a Premium registry that nobody reaches", async () => {
    const refusal = await new AzureStack().refusal((around) => {
      new ContainerRegistry("images", { ...around, size: { sku: "Premium", reachedBy: [] } });
    });
    expect(refusal).toContain('ContainerRegistry "images": reachedBy is empty, so nobody could use it');
  });
});

describe("public images", () => {
  const root = join(__dirname, "../..");
  const file = "components/container-registry/public-images.ts";
  const { customManagers } = JSON.parse(readFileSync(join(root, "renovate.json"), "utf8"));
  /** What Renovate finds pins by, and rewrites. */
  const pins: readonly RegExp[] = customManagers
    .filter(({ managerFilePatterns: [pattern = ""] }: { managerFilePatterns: string[] }) =>
      new RegExp(pattern.slice(1, -1)).test(file),
    )
    .flatMap(({ matchStrings }: { matchStrings: string[] }) => matchStrings.map((each) => new RegExp(each)));

  /** The images of a text of that file that are not pinned, or that Renovate does not see, by file and line. */
  const unpinned = (text: string) => {
    const lines = text.slice(0, text.indexOf("function official(")).split("\n");
    return lines.flatMap((line, index) =>
      !/official\("|digest:/.test(line) || pins.some((pin) => pin.test(line))
        ? []
        : [`${file}:${index + 1}: expected a digest, and behind it what Renovate reads`],
    );
  };

  it("are pinned by digest, each where Renovate finds it; one that is not is named with its line", () => {
    const text = readFileSync(join(root, file), "utf8");
    expect(unpinned(text)).toEqual([]);
    const digests = [...text.matchAll(/sha256:[0-9a-f]{64}/g)].map(([digest]) => digest);
    expect(Object.values(publicImages).map(({ digest }) => digest)).toEqual(digests);
    const lineOf = (part: string) => text.slice(0, text.indexOf(part)).split("\n").length;
    for (const { digest } of Object.values(publicImages)) {
      const problem = `${file}:${lineOf(digest)}: expected a digest, and behind it what Renovate reads`;
      expect(unpinned(text.replace(digest, "latest"))).toEqual([problem]);
      expect(unpinned(text.replace(new RegExp(`(${digest}.*) // renovate:`), "$1 //"))).toEqual([problem]);
    }
  });
});
