import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { sitePlan } from "../../components/static-site/site-plan";
import { OperationDisplay } from "../../deployment/display/operation-display";
import { plainPaint } from "../../deployment/display/terminal";
import { urnType } from "../../deployment/display/urn-text";
import {
  isPropertyArray,
  isPropertyMap,
  type PropertyValue,
  reveal,
  Secret,
} from "../../deployment/values/property-value";
import { signatureKey, unknownMarkers } from "../../deployment/values/signatures";
import { builtInRole, roleOfId } from "../../lib/azure/built-in-roles";
import { cloudflareRights } from "../../lib/cloudflare-rights";
import { secretNotSet } from "../../lib/secret-not-set";
import { departuresOf } from "../../operations/report/inventory-lines";
import type { ResourceState } from "../../sandbox/engine/plan/resource-state";
import { developmentVariant, hasDevelopmentCopy } from "../../stacks/alai/development-sites";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { loadApplicationInventory } from "../../stacks/inventory/application-inventory";
import { addressBlockOf, stackDefinitions, systemNames, workflowStacks } from "../../stacks/registry";
import { valueAt } from "../policies/property-paths";
import { AlaiWorld, logicalName, repositoryRoot, type StackRun } from "./alai-world";
import { promisedNumbers } from "./promised-numbers";

const stacks = stackDefinitions.map((stack) => stack.name);
/** What a stack owns: custom resources that it made or imported, not those it reads. */
const owned = (resources: readonly ResourceState[]) =>
  resources.filter(({ custom, external, type }) => custom && !external && !type.startsWith("pulumi:"));
function inputsByUrn(run: StackRun | undefined): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  const steps = (run?.events ?? []).flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata.new ?? []);
  return new Map(steps.filter(({ custom }) => custom === true).map(({ urn, inputs }) => [urn, inputs]));
}
/** Where a preview knows nothing of an object or a list. A file, an archive or a secret has no parts that could be shown. */
function hiddenParts(before: unknown, after: unknown, path = ""): string[] {
  if (typeof after !== "object" || after === null || signatureKey in after) return [];
  if (typeof before === "string" && unknownMarkers.has(before)) return [path];
  if (typeof before !== "object" || before === null) return [];
  return Object.entries(after).flatMap(([key, part]) =>
    hiddenParts(Reflect.get(before, key), part, path === "" ? key : `${path}.${key}`),
  );
}
/** Whether there is a secret in a value, other than what a person replaces. */
function holdsSecret(value: PropertyValue): boolean {
  if (value instanceof Secret) return reveal(value) !== secretNotSet;
  if (isPropertyArray(value)) return value.some(holdsSecret);
  return isPropertyMap(value) && Object.values(value).some(holdsSecret);
}
describe("all stacks on the sandbox", () => {
  const alai = new AlaiWorld();
  const first = new Map<string, StackRun>();

  const planned = new Map<string, StackRun>();

  beforeAll(async () => {
    for (const stack of stacks) {
      planned.set(stack, await alai.preview(stack));
      first.set(stack, await alai.deploy(stack));
    }
  }, 300_000);

  it.each(stacks)("a preview of %s shows the known parts of what is known in part", (stack) => {
    const before = inputsByUrn(planned.get(stack));
    const hidden = [...inputsByUrn(first.get(stack))].flatMap(([urn, inputs]) =>
      hiddenParts(before.get(urn) ?? {}, inputs).map((path) => `${logicalName(urn)} ${path}`),
    );
    expect(before.size).toBeGreaterThan(10);
    // Azure names a resource's identities by keys, which a preview cannot know before they are made.
    expect(hidden.filter((path) => !path.endsWith(" identity.userAssignedIdentities"))).toEqual([]);
  });

  it.each(stacks)(
    "%s deploys, and again changes nothing",
    async (stack) => {
      expect(first.get(stack)?.changes.create).toBeGreaterThan(0);
      const again = await alai.deploy(stack);
      expect({ changes: Object.keys(again.changes), unchanged: again.unchanged }).toEqual({
        changes: ["same"],
        unchanged: true,
      });
    },
    120_000,
  );

  it.each(stacks)(
    "what %s prints fits a terminal of 80 columns",
    async (stack) => {
      const destroyed = await alai.run("destroy", stack, true);
      for (const { events } of [first.get(stack), destroyed].filter((run) => run !== undefined)) {
        for (const diff of [false, true]) {
          const written: string[] = [];
          const terminal = {
            write: (text: string) => written.push(text),
            interactive: true,
            columns: 80,
            paint: plainPaint,
          };
          const display = new OperationDisplay(terminal, { diff });
          for (const event of events) display.event(event);
          display.finish();
          const lines = written.join("").split("\n");
          expect(lines.length).toBeGreaterThan(20);
          expect(lines.map(stripVTControlCharacters).filter((line) => line.length > 80)).toEqual([]);
        }
      }
    },
    60_000,
  );

  it.each(promisedNumbers)("$stack has what its plan promises: $type $name $path", async (promise) => {
    const { stack, type, name, path, value } = promise;
    const found = owned(await alai.resources(stack)).find(
      (resource) => resource.type.endsWith(type) && logicalName(resource.urn) === name,
    );
    expect(found && valueAt(found.inputs, path)).toEqual(value);
  });

  it("own nothing twice", async () => {
    const owners = new Map<string, string[]>();
    for (const stack of stacks) {
      for (const { type, id } of owned(await alai.resources(stack))) {
        const thing = `${type} ${id.toLowerCase()}`;
        owners.set(thing, [...(owners.get(thing) ?? []), stack]);
      }
    }
    expect(owners.size).toBeGreaterThan(300);
    expect([...owners].filter(([, by]) => by.length > 1)).toEqual([]);
  }, 60_000);

  it("leave each thing that was there before to one stack", async () => {
    const imported = new Map<string, string[]>();
    for (const stack of stacks) {
      for (const { type, importId } of owned(await alai.resources(stack))) {
        // What pays for a zone's plan has the zone's id, and comes with it.
        if (importId !== "" && !type.endsWith(":ZoneSubscription"))
          imported.set(importId, [...(imported.get(importId) ?? []), stack]);
      }
    }
    expect([...imported].filter(([, by]) => by.length > 1)).toEqual([]);
    const applicationSystems = systemNames.filter((system) => system !== "alai");
    const zonesOf = (system: string) => {
      const directory = join(__dirname, "../../stacks", system, "inventory");
      return loadApplicationInventory(directory, addressBlockOf(system)).zones.zones;
    };
    const zonesOfSystems = applicationSystems.flatMap(zonesOf);
    const owners = [
      "prod",
      ...stackDefinitions
        .filter(
          ({ system, ownsZones }) => ownsZones === true && zonesOf(system).some(({ adopt }) => adopt !== undefined),
        )
        .map(({ name }) => name),
    ];
    expect([...new Set([...imported.values()].flat())].sort()).toEqual(owners.sort());
    const { zones, repositories, sites, backup } = loadAlaiInventory();
    const adopted = [
      ...[...zones.zones, ...zonesOfSystems].filter(({ adopt }) => adopt !== undefined),
      ...repositories.repositories.filter(({ adopt }) => adopt),
      ...sites.sites.filter(
        (site) => "adoptProject" in site && site.adoptProject && sitePlan(site).pages !== undefined,
      ),
      // An account lies in its group, and holds its containers.
      ...Object.values(backup.stores).flatMap(({ adopt, containers }) =>
        adopt === undefined ? [] : ["group", "account", ...containers.filter(({ exists }) => exists)],
      ),
    ];
    expect(adopted.length).toBeGreaterThan(3);
    expect(imported.size).toBe(adopted.length);
  }, 60_000);

  it("prod tells the DS record that each signed zone's registrar must publish", () => {
    const { dsRecords } = first.get("prod")?.outputs ?? {};
    const records = loadAlaiInventory().zones.zones.flatMap(({ domain, dnssec }) =>
      dnssec === false ? [] : [[domain, expect.stringMatching(`^${domain}\\. 3600 IN DS \\d+ 13 2 [0-9A-F]{64}$`)]],
    );
    expect(records.length).toBeGreaterThan(3);
    expect(dsRecords).toEqual(Object.fromEntries(records));
  });

  it("dev reads the zones and owns none", async () => {
    const resources = await alai.resources("dev");
    expect(resources.filter(({ type }) => type.includes("zone:Zone"))).toEqual([]);
    const records = owned(resources).filter(({ type }) => type.endsWith(":DnsRecord"));
    const copied = loadAlaiInventory().sites.sites.filter(hasDevelopmentCopy);
    const served = copied.flatMap((site) => sitePlan(site, developmentVariant).servedBy);
    expect(served.length).toBeGreaterThan(0);
    expect(records.map(({ inputs }) => inputs.name).sort()).toEqual([...served].sort());
  }, 60_000);

  it("deploy what goes live to dev's copy of the site first", async () => {
    const of = async (stack: string, type: string) =>
      owned(await alai.resources(stack)).filter((resource) => resource.type.endsWith(type));
    const copies = (await of("dev", ":PagesProject")).map(({ inputs }) => String(inputs.name));
    const workflows = (await of("prod", ":RepositoryFile")).map(({ inputs }) => String(inputs.content));
    const copied = loadAlaiInventory().sites.sites.filter(hasDevelopmentCopy);
    expect(copies).toHaveLength(copied.length);
    const plans = copied.map((site) => sitePlan(site, developmentVariant).pages);
    for (const copy of plans.flatMap((pages) =>
      pages === undefined || pages.retired !== undefined ? [] : [pages.project],
    )) {
      expect(workflows.filter((text) => text.includes("deploy-first:") && text.includes(copy))).toHaveLength(1);
    }
  }, 60_000);

  it("have logical names without the environment, so that they can be compared", async () => {
    for (const stack of ["dev", "prod"]) {
      // GitHub's deployment environments are things called that.
      const resources = (await alai.resources(stack)).filter(
        ({ type }) => !/Environment(DeploymentPolicy|Secret)?$/.test(type),
      );
      const names = resources.map(({ urn }) => logicalName(urn));
      const words = names.filter((name) => name.split(/[^a-z0-9]+/i).includes(stack));
      expect(words.filter((name) => name !== `landscape-${stack}`)).toEqual([]);
    }
  }, 60_000);

  it("dev and prod have the same control plane", async () => {
    const azureNames = async (stack: string) =>
      owned(await alai.resources(stack))
        .filter(({ type }) => /^azure-native:(app|dbforpostgresql|network|containerregistry):/.test(type))
        .map(({ urn, type }) => `${type} ${logicalName(urn)}`)
        .filter((name) => !/Job|router|Endpoint/.test(name));
    const [dev, prod] = [await azureNames("dev"), await azureNames("prod")];
    expect(dev.filter((name) => !prod.includes(name))).toEqual([]);
    expect(prod.filter((name) => !dev.includes(name))).toEqual([]);
  }, 60_000);

  it("protect what holds data", async () => {
    const stateful =
      /:(StorageAccount|BlobContainer|Server|Database|Vault|Secret|Zone|ResourceGroup|PagesProject|repository:Repository|HostDatabase)$/;
    for (const stack of stacks) {
      const lasting = (await alai.resources(stack)).filter(
        ({ urn, type, external }) =>
          stateful.test(type) &&
          !external &&
          type !== "landscape:repository:Repository" &&
          // The key of a bucket's token goes with the token, and is made again with the next one.
          !logicalName(urn).startsWith("vault-r2-"),
      );
      const open = lasting.filter(({ protect }) => !protect);
      const { said } = departuresOf(process.cwd(), stack);
      const meant = ({ urn, type, parent }: ResourceState) =>
        said({ type, name: logicalName(urn), parent }) ?? said({ type: urnType(parent), name: logicalName(parent) });
      expect(open.filter((resource) => !meant(resource)).map(({ urn }) => urn)).toEqual([]);
    }
  }, 60_000);

  it("need rights at Cloudflare that a page lists, stack by stack", async () => {
    const needed = new Map<string, Set<string>>();
    for (const stack of stacks) {
      for (const { type, inputs, external } of await alai.resources(stack)) {
        if (!type.startsWith("cloudflare:") || external) continue;
        const key = type.endsWith(":Ruleset") ? String(inputs.phase) : type;
        const { name, of } = cloudflareRights[key] ?? expect.unreachable(`lib/cloudflare-rights.ts has no ${key}`);
        const row = `| ${name} | ${of} |`;
        needed.set(row, (needed.get(row) ?? new Set()).add(`\`${stack}\``));
      }
    }
    const page =
      readFileSync(join(process.cwd(), "docs/security.md"), "utf8").split("## Tokens at Cloudflare")[1] ?? "";
    const rows = page.split("\n## ")[0]?.match(/^\| .* \| (?:account|zone) \| .*$/gm) ?? [];
    expect(rows).toEqual([...needed].map(([row, of]) => `${row} ${[...of].join(", ")} |`).sort());
  }, 60_000);

  it("let pipelines reach their own state and key, those they read from, and pagers only from a deployment or the branch", async () => {
    const grants = (await alai.resources("bootstrap"))
      .filter(({ type }) => type.endsWith(":RoleAssignment"))
      .map(({ urn, inputs }) => ({
        name: logicalName(urn),
        scope: String(inputs.scope).split("/").slice(-2).join("/"),
      }));
    const scopes = (start: string, part: string) =>
      grants
        .filter(({ name }) => name.startsWith(start) && name.includes(part))
        .map(({ scope }) => scope)
        .sort();
    expect(scopes("deploy-hosts-", "crypto-user")).toEqual(["keys/hosts", "keys/prod"]);
    expect(scopes("deploy-hosts-", "blob-data-contributor")).toEqual(["containers/prod"]);
    expect(scopes("preview-dev-", "blob-data-reader")).toEqual(["containers/dev"]);
    expect(scopes("preview-dev-", "crypto-user")).toEqual(["keys/dev"]);
    const pagers = grants.filter(({ scope }) => /^secrets\/(incident|drift)-/.test(scope)).map(({ name }) => name);
    const mayPage = ["alarm-", ...workflowStacks.map((stack) => `deploy-${stack}-`)];
    expect(pagers.filter((name) => !mayPage.some((start) => name.startsWith(start)))).toEqual([]);
    expect(scopes("alarm-", "")).toHaveLength(3);
  }, 60_000);

  it("let a guest in another stack's state container change its own blobs only", async () => {
    const writers = (await alai.resources("bootstrap")).filter(({ urn }) =>
      /::deploy-.*blob-data-contributor/.test(urn),
    );
    const conditions = Object.fromEntries(
      writers.map(({ urn, inputs }) => [logicalName(urn).split("-storage")[0], inputs.condition]),
    );
    const guests = stackDefinitions.filter(({ readsFrom }) => readsFrom.length > 0).map(({ name }) => `deploy-${name}`);
    expect(guests).toContain("deploy-hosts");
    for (const [name, condition] of Object.entries(conditions))
      expect([name, typeof condition]).toEqual([name, guests.includes(name) ? "string" : "undefined"]);

    const condition = String(conditions["deploy-hosts"]);
    const blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";
    const limited = [...condition.matchAll(/!\(ActionMatches\{'([^']+)'\}\)/g)].map((match) => match[1]);
    expect(limited).toEqual(["write", "add/action", "delete", "move/action"].map((action) => `${blobs}/${action}`));
    const patterns = [...condition.matchAll(/@Resource\[[^\]]+:path\] StringLike '([^']+)'/g)].map(
      (match) => new RegExp(`^${(match[1] ?? "").split("*").map(escaped).join(".*")}$`),
    );
    const mayChange = (path: string) => patterns.some((pattern) => pattern.test(`.pulumi/${path}`));
    for (const path of [
      ...["stacks/landscape/hosts.json", "stacks/landscape/hosts.json.bak", "stacks/landscape/hosts.json.attrs"],
      ...["locks/organization/landscape/hosts/1.json", "history/landscape/hosts/hosts-1.history.json"],
      "backups/landscape/hosts/hosts.1.json",
    ])
      expect([path, mayChange(path)]).toEqual([path, true]);
    for (const path of [
      ...["stacks/landscape/prod.json", "stacks/landscape/prod.json.bak", "locks/organization/landscape/prod/1.json"],
      ...["history/landscape/prod/prod-1.history.json", "backups/landscape/prod/prod.1.json", "meta.yaml"],
    ])
      expect([path, mayChange(path)]).toEqual([path, false]);
  }, 60_000);

  it("give services no role that their own pipeline may not assign", async () => {
    const bootstrap = await alai.resources("bootstrap");
    for (const stack of workflowStacks) {
      const [assigner] = bootstrap.filter(({ urn }) =>
        logicalName(urn).startsWith(`deploy-${stack}-role-based-access-control-administrator`),
      );
      const given = (await alai.resources(stack)).flatMap(({ type, inputs }) =>
        type.endsWith(":RoleAssignment") ? [builtInRole(String(inputs.roleDefinitionId))] : [],
      );
      const condition = String(assigner?.inputs.condition);
      const allowed = (condition.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? []).map(roleOfId);
      const told = "lib/azure/built-in-roles.ts lists in rolesOfStacks what a pipeline may assign";
      expect([stack, [...new Set(given)].filter((role) => !allowed.includes(role))], told).toEqual([stack, []]);
    }
  }, 60_000);

  it("have no secret in a state that docs/security.md does not list: whoever sends a pull request can read it", async () => {
    const page = readFileSync(join(repositoryRoot, "docs/security.md"), "utf8");
    const listed = page.split("## Secrets in states")[1]?.split("\n## ")[0] ?? "";
    const rows = [...listed.matchAll(/^\| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \|/gm)].map(([, ...row]) =>
      row.join(" "),
    );
    const found = new Set<string>();
    for (const { name: stack } of stackDefinitions) {
      for (const { type, inputs, outputs } of await alai.resources(stack)) {
        for (const [property, value] of [inputs, outputs].flatMap((part) => Object.entries(part))) {
          if (holdsSecret(value)) found.add(`${stack} ${type.split(":").at(-1)} ${property}`);
        }
      }
    }
    expect([...found].sort()).toEqual(rows.sort());
  }, 60_000);

  it("have the required tags on whatever takes tags in Azure", async () => {
    for (const { name, system, environment } of stackDefinitions) {
      const groups = owned(await alai.resources(name)).filter(({ type }) => type.endsWith(":ResourceGroup"));
      for (const { inputs } of groups) {
        expect(inputs.tags).toMatchObject({ Project: system, Environment: environment, ManagedBy: "pulumi" });
      }
    }
  }, 60_000);
});
function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
