import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { BackupStore } from "../../components/backup-store/backup-store";
import { Cache } from "../../components/cache/cache";
import { ContainerApp } from "../../components/container-apps/container-app";
import { ContainerAppsEnvironment } from "../../components/container-apps/container-apps-environment";
import { ContainerJob } from "../../components/container-apps/container-job";
import { ContainerRegistry } from "../../components/container-registry/container-registry";
import { KeyVault } from "../../components/key-vault/key-vault";
import { physicalName } from "../../components/naming/physical-name";
import { ObjectStore } from "../../components/object-store/object-store";
import { Alerts } from "../../components/observability/alerts";
import type { WatchRule } from "../../components/observability/schema";
import { alertRules } from "../../components/observability/watch-rules";
import { PostgresServer } from "../../components/postgres-server/postgres-server";
import { type Surroundings, tenantId } from "./azure-stack";
import { expectPoliciesPassed } from "./policies-passed";

const reachedBy = [{ who: "apps", via: "private-endpoint" }] as const;

/** Every component that the pack has something to say about, with as little as each can be given. */
function everything(around: Surroundings): void {
  const { network } = around;
  if (network.postgres === undefined) throw new Error("the network has no subnet for databases");
  const environment = new ContainerAppsEnvironment("apps", around);
  const registry = new ContainerRegistry("registry", { ...around, size: { sku: "Basic" } });
  const vault = new KeyVault("vault", {
    ...around,
    tenantId,
    reachedBy,
    secrets: ["token"],
    // The one rule that the defaults do not pass: whoever sets the value sets its expiry (policies/exceptions.yaml).
    transform: {
      secret: (args) => ({ ...args, properties: { ...args.properties, attributes: { expires: 1_893_456_000 } } }),
    },
  });
  new Cache("sessions", { ...around, size: "b0", eviction: "allkeys-lru" });
  new ObjectStore("objects", {
    ...{ ...around, redundancy: "local", recoveryDays: 7, copiesTo: "northeurope" },
    containers: [{ name: "exports" }],
  });
  new BackupStore("backups", { ...around, reachedBy, containers: [{ name: "dumps", holds: "dumps" }] });
  new PostgresServer("main", {
    ...around,
    tenantId,
    version: "16",
    size: "b1ms",
    access: { kind: "network", network: network.postgres },
    databases: ["a"],
    // One of those that policies/parameters/dev.yaml names.
    administrators: [{ name: "deploy", objectId: "00000000-0000-4000-8000-000000000005", type: "Group" }],
  });
  const runs = { ...around, environment, registry, secrets: { TOKEN: vault.secret("token") } };
  const image = { ownedBy: "release", repository: "app" } as const;
  new ContainerApp("api", { ...runs, image, ingress: { exposure: "network", port: 8080 } });
  new ContainerJob("job", { ...runs, image, trigger: { by: "schedule", cron: "0 2 * * 0" }, timeoutSeconds: 60 });
  const job = { name: "job", jobNames: [physicalName(around.context, "containerApp", "job")], schedule: "0 2 * * 0" };
  const targets = { app: [], job: [job], database: [], cache: [], queue: [], vault: [{ name: "vault", id: vault.id }] };
  const rules: WatchRule[] = [
    { watch: "job", signal: "missing", warning: { within: "1h" } },
    { watch: "vault", signal: "expiring", warning: {} },
  ];
  new Alerts("alerts", {
    ...{ ...around, receivers: { ops: "ops@example.com" } },
    routes: { critical: ["ops"], warning: ["ops"], info: ["ops"] },
    rules: alertRules(rules, around.context.environment, targets, "https://docs.alai.no/books/runbooks/page"),
  });
}

/** Types of the components that can be reached privately, by their sources: each has to be among those above, or in its own test. */
function privateComponents(): string[] {
  const components = join(__dirname, "..", "..", "components");
  return readdirSync(components, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !checksItself(join(__dirname, `${dirname(file)}.test.ts`)))
    .map((file) => readFileSync(join(components, file), "utf8"))
    .filter((text) => text.includes("plannedEndpoint(") && text.includes("super("))
    .flatMap((text) => [...text.matchAll(/super\("(landscape:[^"]+)"/g)].map(([, type = ""]) => type));
}

function checksItself(test: string): boolean {
  return existsSync(test) && readFileSync(test, "utf8").includes("expectPoliciesPassed(");
}

describe("the Azure components' defaults", () => {
  it("pass every policy of the pack, at preview and at up", async () => {
    const made = await expectPoliciesPassed(everything);
    expect(privateComponents()).toContain("landscape:keyvault:KeyVault");
    expect(privateComponents().filter((type) => !made.has(type))).toEqual([]);
  });
});
