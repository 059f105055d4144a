import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { departuresOf, InventoryLines } from "../../../operations/report/inventory-lines";
import { inventoryFiles } from "../../../stacks/inventory/files";
import { jsonSchemaFiles } from "../../../stacks/inventory/json-schemas.data-generator";

const inventory = join("stacks", "alai", "inventory");
const content = (file: string): unknown => parse(readFileSync(join(inventory, file), "utf8"));
const lineOf = (stack: string, type: string, name: string, parent = "") => {
  const found = new InventoryLines(inventory, stack).lineOf({ type, name, parent });
  if (found === undefined) return undefined;
  return `${found.file}: ${readFileSync(found.file, "utf8").split("\n")[found.line - 1]?.trim()}`;
};
const place = (file: string) => `${join(inventory, file)}: `;

describe("the inventory's line of what a component makes", () => {
  it("is the entry of a list that the logical name is made of", () => {
    const { sites } = inventoryFiles.sites.schema.parse(content("sites.yaml"));
    const domain = sites.at(-1)?.domain ?? "";
    expect(lineOf("prod", "landscape:static-site:StaticSite", domain)).toContain(domain);
    expect(lineOf("prod", "landscape:uptime-check:UptimeCheck", `uptime-${domain}`)).toContain(domain);
    expect(lineOf("prod", "landscape:uptime-check:UptimeCheck", domain)).toBeUndefined();
  });

  it("is what is written for the stack's environment", () => {
    const registry = "landscape:containerregistry:ContainerRegistry";
    expect(lineOf("dev", registry, "registry")).toMatch(new RegExp(`^${place("environments.yaml")}registry: `));
    expect(lineOf("dev", registry, "registry")).toBeDefined();
    expect(lineOf("elsewhere", registry, "registry")).toBeUndefined();
    expect(lineOf("prod", "landscape:storage:BackupStore", "backups")).toBe(`${place("backup.yaml")}prod:`);
  });

  it("is the entry that its name and its parent's say together, and no other that ends like it", () => {
    const container = (name: string) =>
      lineOf("prod", "azure-native:storage:BlobContainer", name, "urn:pulumi:prod::landscape::any:Store::backups");
    expect(container("backups-heartbeat")).toContain("name: heartbeat");
    expect(container("backups-no-such")).toBeUndefined();
    expect(container("backups-old-heartbeat")).toBeUndefined();
    const server = "urn:pulumi:prod::landscape::any:Server::postgres";
    expect(lineOf("prod", "azure-native:dbforpostgresql:Database", "postgres-hivemind", server)).toContain(
      "databases:",
    );
  });

  it("is the file's own key, or the list as a whole", () => {
    expect(lineOf("hosts", "landscape:tailnet:Tailnet", "tailnet")).toBe(`${place("tailnet.yaml")}tailnet:`);
    expect(lineOf("prod", "landscape:edge-alerts:EdgeAlerts", "edge")).toBe(`${place("edge.yaml")}alerts:`);
  });
});

describe("what an inventory says of a server that another one has replaced", () => {
  const root = mkdtempSync(join(tmpdir(), "departures-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it("is said of that server, of no other one, and of no database that a server that stays has", () => {
    const folder = join(root, "stacks", "betterworld", "inventory");
    mkdirSync(folder, { recursive: true });
    symlinkSync(resolve("stacks", "inventory"), join(root, "stacks", "inventory"));
    const retired = { on: "2026-11-30", keepDays: 7, reason: "its backup serves" };
    const postgres = {
      ...{ databases: ["main"], server: "postgres-before" },
      restored: [{ name: "second", to: "2026-11-29T10:00:00Z" }],
      former: [{ name: "postgres", retired }],
    };
    writeFileSync(join(folder, "environments.yaml"), stringify({ environments: { staging: { postgres } } }));
    const { said } = departuresOf(root, "betterworld-staging");
    const urn = (type: string, name: string) => `urn:pulumi:s::p::${type}::${name}`;
    const [type, component] = ["azure-native:dbforpostgresql:Server", urn("any", "postgres")];
    const server = (name: string) => said({ type, name, parent: component })?.reason;
    expect(server("postgres")).toBe("retired, leaves on 2026-12-07: its backup serves");
    expect(["postgres-before", "postgres-second", "postgres-debug"].map(server)).toEqual([...Array(3)]);
    const database = (of: string) => {
      return said({ type: "azure-native:dbforpostgresql:Database", name: `${of}-main`, parent: urn(type, of) });
    };
    expect(["postgres", "postgres-before"].map(database)).toEqual([undefined, undefined]);
  });
});

describe("what schemas say they make", () => {
  const made = jsonSchemaFiles().flatMap(({ text }) =>
    [...text.matchAll(/"type": "(landscape:[^"]+)"/g)].map(([, type]) => type),
  );
  const components = readdirSync("components", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => ({ file, text: readFileSync(join("components", file), "utf8") }));

  it("are components that there are", () => {
    const types = components.flatMap(({ text }) =>
      [...text.matchAll(/super\("(landscape:[^"]+)"/g)].map(([, type]) => type),
    );
    expect(made.length).toBeGreaterThan(0);
    expect(made.filter((type) => !types.includes(type))).toEqual([]);
  });

  it("is said by every schema of an inventory file or of a part of an environment, but for hosts, which many resources share", () => {
    const read = ["stacks/inventory/files.ts", "components/services/environment-schema.ts"]
      .map((file) => readFileSync(file, "utf8"))
      .join("");
    const silent = components.filter(
      ({ file, text }) =>
        file.endsWith("/schema.ts") && read.includes(`/${file.replace(/\.ts$/, "")}"`) && !text.includes("makes: ["),
    );
    expect(silent.map(({ file }) => file)).toEqual(["hosts/schema.ts"]);
  });
});
