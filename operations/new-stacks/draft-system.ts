import { z } from "zod";
import { parseAlignedBlock, sizeOf } from "../../lib/ipv4";
import { parseYaml } from "../../lib/located-yaml/read-yaml";
import { entryAt, insertBehind } from "../../lib/located-yaml/text-edits";
import { isProductionEnvironment } from "../../lib/production-environments";
import { refusal } from "../../lib/refusal";
import { deliveryOf, hasOwnProgram, type StackDefinition } from "../../stacks/registry";
import { readSystems, type SystemTable } from "../../stacks/systems-file";
import type { ProjectDrafts } from "../project-drafts";
import { freeBlock, freeSystemBlock } from "./free-addresses";
import {
  type DraftedStacks,
  draftDelivery,
  draftExceptions,
  draftStackFile,
  draftUnreviewed,
  type NewStack,
  parametersOf,
  refuseNames,
  refuseTaken,
  stackFileOf,
  stackNames,
  systemsPath,
} from "./new-stack";
import { startingInventory } from "./starting-inventory";

/** What is asked of a new system. */
export interface SystemRequest {
  readonly system: string;
  /** In the order in which they promote: what runs well in one is released to the next. */
  readonly environments: readonly string[];
  /** By environment. */
  readonly subscriptions: Readonly<Record<string, string>>;
  /** The system of services whose configuration and rights it gets. Default: the first in the list. */
  readonly from?: string | undefined;
  /** Its addresses. Default: the next free ones. */
  readonly block?: string | undefined;
}

/**
 * A system that is small: an inventory to begin with, a stack for each environment, and the rights to deploy them.
 *
 * @param root the project's directory
 * @throws {RunError} when the name is taken, no addresses are left, or there is no system to be made like
 */
export function draftSystem(drafts: ProjectDrafts, root: string, request: SystemRequest): DraftedStacks {
  refuseNames(request);
  const { system, environments } = request;
  const systems = readSystems(root);
  const isThere = systems[system] !== undefined;
  const model = modelSystem(systems, request.from, system);
  const block = blockFor(systems, request.block ?? systems[system]?.addressBlock);
  const stacks = environments.map((environment): NewStack => {
    const like = modelStack(systems, model, environment);
    const subscription = request.subscriptions[environment] ?? "";
    return { name: `${system}-${environment}`, system, environment, subscription, like };
  });
  draftInventory(drafts, request, block, model);
  const encrypted = stacks.flatMap((stack) => draftStackFile(drafts, stack));
  const production = stacks.find((stack) => isProductionEnvironment(stack.environment));
  for (const stack of stacks) {
    drafts.create(parametersOf(stack.name), parameters(drafts, stack, production));
    if (isProductionEnvironment(stack.environment)) draftExceptions(drafts, stack, needsOfTheServer);
  }
  const delivery = deliveryOf(root);
  draftDelivery(drafts, stacks, delivery);
  for (const stack of stacks) draftUnreviewed(drafts, stack, stackNames(systems));
  refuseTaken(drafts, `system "${system}"`, isThere);
  if (!isThere) draftList(drafts, systems, request, block, stacks);
  return {
    stacks,
    encrypted: [...new Set(encrypted)],
    rights: `${delivery.inventory}/pipelines.yaml`,
    hasBuckets: false,
  };
}

/** Of what a model's exceptions are about, a system that begins has the server alone. */
function needsOfTheServer({ resource, rule }: { readonly resource: string; readonly rule: string }): boolean {
  return rule === "stateful-locked" && resource.endsWith(":Server::postgres*");
}

function modelSystem(systems: SystemTable, from: string | undefined, system: string): string {
  const others = Object.keys(systems).filter((name) => name !== system && !hasOwnProgram(name));
  const [first] = others;
  const model = from ?? first;
  if (model !== undefined && others.includes(model)) return model;
  const known = others.length === 0 ? "there is none" : `those are ${others.join(", ")}`;
  throw refusal(`system "${model ?? system}"`, [
    `a new system gets its configuration and rights from a system of services, and ${known}`,
  ]);
}

/**
 * The stack that one of a new system is made like: of the same environment, else one that promises as much, else the first. None that
 * reads another's outputs: a standby lacks what its primary has, and is in another region.
 */
function modelStack(systems: SystemTable, system: string, environment: string): NewStack["like"] {
  const stacks = (systems[system]?.stacks ?? [])
    .filter(({ readsFrom }) => readsFrom.length === 0)
    .map((stack): StackDefinition => ({ ...stack, system }));
  const found =
    stacks.find((stack) => stack.environment === environment) ??
    stacks.find((stack) => isProductionEnvironment(stack.environment) === isProductionEnvironment(environment)) ??
    stacks[0];
  if (found === undefined) throw refusal(`system "${system}"`, ["it has no stack that reads from none"]);
  return found;
}

function blockFor(systems: SystemTable, given: string | undefined): string {
  const block = given ?? freeSystemBlock(Object.values(systems).map(({ addressBlock }) => addressBlock));
  if (block !== undefined) return block;
  throw refusal('file "stacks/systems.yaml"', [
    "no block of private addresses is left for a system; give one with --block",
  ]);
}

const networkPrefix = 16;

/** The networks of a system's environments: the first ones of its block, the same ones each time. */
function networksOf(block: string, environments: readonly string[]): readonly string[] {
  const networks: string[] = [];
  for (const _ of environments) {
    const next = freeBlock(block, networkPrefix, networks);
    if (next === undefined) {
      const range = parseAlignedBlock(block);
      if (range === undefined)
        throw refusal(`block "${block}"`, [
          "expected an IPv4 block such as 10.112.0.0/12, with no bits after its prefix",
        ]);
      const room = Math.floor(sizeOf(range) / 2 ** (32 - networkPrefix));
      throw refusal(`block "${block}"`, [
        `expected room for ${environments.length} networks of /${networkPrefix}, one for each environment; it has room for ${room}`,
      ]);
    }
    networks.push(next);
  }
  return networks;
}

const ownerSchema = z.looseObject({
  config: z.looseObject({ "landscape:githubOwner": z.looseObject({ default: z.string() }) }),
});

/** Who has the images of all systems: what `Pulumi.yaml` says of the organisation. */
function githubOwner(drafts: ProjectDrafts): string {
  const text = drafts.read("Pulumi.yaml");
  return parseYaml(text, { file: "Pulumi.yaml", schema: ownerSchema, of: "the project" }).config[
    "landscape:githubOwner"
  ].default;
}

function draftInventory(drafts: ProjectDrafts, request: SystemRequest, block: string, model: string): void {
  const { system, environments } = request;
  const networks = networksOf(block, environments);
  const inventory = startingInventory({
    system,
    owner: githubOwner(drafts),
    environments: environments.map((name, index) => {
      return { name, production: isProductionEnvironment(name), network: networks[index] ?? "" };
    }),
    // Receivers are names of the model's configuration.
    routes: entryAt(drafts.read(`stacks/${model}/inventory/monitoring.yaml`), ["routes"]),
  });
  for (const [name, text] of Object.entries(inventory)) drafts.create(`stacks/${system}/inventory/${name}`, text);
}

const settingsSchema = z.looseObject({
  config: z.looseObject({
    "azure-native:tenantId": z.string(),
    "landscape:operatorAddresses": z.array(z.string()).default([]),
    "landscape:databaseAdministrators": z.array(z.looseObject({ name: z.string(), objectId: z.string() })).default([]),
  }),
});

/** What rules need to know of a stack: what its configuration lets in, said again where it is reviewed apart. */
function parameters(
  drafts: ProjectDrafts,
  { name, system, environment, like }: NewStack,
  production?: NewStack,
): string {
  const file = stackFileOf(like.name);
  const { config } = parseYaml(drafts.read(file), {
    file,
    schema: settingsSchema,
    of: `the configuration of ${like.name}`,
  });
  const lines = [
    "# Reviewed apart from the stack's configuration: an address that is let in appears in both places.",
    "reachedBy:",
    ...config["landscape:operatorAddresses"].map((address) => `  - ${address} # operators' laptops`),
    "# The tenant that everything is in; no other one's principals are let in.",
    `tenant: ${config["azure-native:tenantId"]}`,
    "principals:",
    ...config["landscape:databaseAdministrators"].map(
      (one) => `  - ${one.objectId} # ${one.name}: who is in it, Entra says`,
    ),
    `imageSources: [ghcr.io/${githubOwner(drafts)}/${system}/, public.ecr.aws/docker/library/]`,
    'placeholderImages: ["mcr.microsoft.com/dotnet/samples:aspnetapp"]',
    "",
    ...(isProductionEnvironment(environment)
      ? [
          "# Services have theirs in the inventory; a database and what carries others is of the highest tier among those that use it.",
          `tiersFrom: ../../stacks/${system}/inventory/services.yaml`,
          'tiers: { "postgres*": P1, database-roles: P1 }',
          "",
        ]
      : []),
    "levels:",
    "  required-tags: mandatory",
    "  environment-tag: mandatory",
    ...(production === undefined || production.name === name ? [] : parityWith(production.name, environment)),
  ];
  return `${lines.join("\n")}\n`;
}

function parityWith(other: string, environment: string): readonly string[] {
  const differs = [
    ["azure-native:app:ManagedEnvironment", "zoneRedundant", `${environment} can wait until a zone is back`],
    ["azure-native:app:ContainerApp", "template.scale.minReplicas", `in ${environment} apps may sleep`],
    ["azure-native:app:ContainerApp", '"template.containers[0].env"', "each environment has its own names"],
    [
      "azure-native:app:ContainerApp",
      "configuration.ingress.ipSecurityRestrictions",
      "each environment has a network of its own",
    ],
    ["azure-native:app:Job", '"template.containers[0].env"', "each environment has its own names"],
    ["azure-native:monitor:ScheduledQueryRule", '"criteria.allOf[0].query"', "a query names its environment's job"],
    ["azure-native:dbforpostgresql:Server", "backup.backupRetentionDays", `seven days are for ${environment}`],
  ];
  return [
    "",
    "# What is tried here is what production gets. It differs in this only:",
    "parity:",
    `  with: ${other}`,
    "  differs:",
    ...differs.map(([type, property, reason]) => `    - { type: "${type}", property: ${property}, reason: ${reason} }`),
  ];
}

/** The last file that is written: from then on there are the stacks. */
function draftList(
  drafts: ProjectDrafts,
  systems: SystemTable,
  { system }: SystemRequest,
  block: string,
  stacks: readonly NewStack[],
): void {
  const last = Object.keys(systems).at(-1) ?? "";
  const title = `${system.charAt(0).toUpperCase()}${system.slice(1)}`;
  const owner = stacks.find(({ environment }) => isProductionEnvironment(environment)) ?? stacks.at(-1);
  const lines = [
    "",
    `  ${system}:`,
    `    addressBlock: ${block}`,
    "    stacks:",
    // Who makes the zones comes first: the others find them by their names.
    ...[owner, ...stacks.filter((stack) => stack !== owner)].flatMap((stack) => {
      if (stack === undefined) return [];
      const before = stacks[stacks.indexOf(stack) - 1];
      return [
        `      - name: ${stack.name}`,
        `        environment: ${stack.environment}`,
        `        description: "${title}: ${isProductionEnvironment(stack.environment) ? "services, databases" : "what production will be, smaller and apart"}"`,
        ...(before === undefined ? [] : [`        promotesFrom: ${before.name}`]),
        ...(stack === owner ? ["        ownsZones: true"] : []),
      ];
    }),
  ];
  drafts.edit(systemsPath, (text) => insertBehind(text, ["systems", last], lines.join("\n")));
}
