import { join } from "node:path";
import { z } from "zod";
import { blockSchema } from "../components/network/schema";
import { didYouMean } from "../lib/closest-name";
import { isPrivate, isWithinUnrouted, overlaps, parseAlignedBlock } from "../lib/ipv4";
import type { Path, Problem } from "../lib/located-yaml/problem";
import { readYaml } from "../lib/located-yaml/read-yaml";
import { addProblems } from "../lib/located-yaml/schema-problems";

/** Lower-case letters and digits; no word that YAML reads as something else, and none that every object of JavaScript has. */
const plainName = /^(?!(?:true|false|null|constructor)$)[a-z][a-z0-9]*$/;
/** The directory beside those of systems that has what all inventories share. */
const sharedInventory = "inventory";

export const environmentNameSchema = z.string().regex(plainName, "expected a short name, for example prod");
export const systemNameSchema = z
  .string()
  .regex(plainName, "expected lower-case letters and digits, for example acme")
  .refine((name) => name !== sharedInventory, `stacks/${sharedInventory} is what all systems share`);
const stackNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "expected lower-case letters, digits and dashes, for example acme-staging");

const stackSchema = z
  .strictObject({
    name: stackNameSchema.meta({ description: "The Pulumi stack, as in Pulumi.<name>.yaml" }),
    environment: environmentNameSchema.exactOptional().meta({
      description:
        "The environment that it is, as the inventory and landscape:environment say. Default: its name. Of a system with a program of its own, the composition",
    }),
    description: z.string().min(1).meta({ description: "What it is for: README lists it" }),
    readsFrom: z.array(z.string()).default([]).meta({
      description: "The stacks whose outputs it reads: deployed before it, destroyed after it. Default: none",
    }),
    promotesFrom: z.string().exactOptional().meta({
      description: "The stack whose services run a digest well before it is released to this one. Default: none does",
    }),
    ownsZones: z.boolean().exactOptional().meta({
      description: "Whether it makes the zones of its system, in which the others have names. Default: false",
    }),
    readsInventories: z.array(z.string()).exactOptional().meta({
      description: "Files of every system's inventory that it reads beside its own system's. Default: none",
    }),
    deployedBy: z.enum(["workflows", "a-person"]).exactOptional().meta({
      description: "Who deploys it: the workflows, after a review, or a person. Default: the workflows",
    }),
    installsOnMachines: z.boolean().exactOptional().meta({
      description:
        "Whether it installs on machines, over SSH. One that is away fails alone: a failure leaves the rest done. Default: false, so that the first failure stops what has not begun",
    }),
  })
  .transform((stack) => ({ ...stack, environment: stack.environment ?? stack.name }));

const systemSchema = z.strictObject({
  addressBlock: blockSchema.meta({
    description:
      "The private addresses that its networks may have. No two systems' overlap: stacks may read one another",
  }),
  previews: z
    .string()
    .regex(/^([a-z0-9]+-)+$/, "expected a name that ends with a dash, for example acme-pr-")
    .exactOptional()
    .meta({
      description:
        "How the names of the preview environments of pull requests begin, before the number. Default: it has none",
    }),
  stacks: z.array(stackSchema).min(1).meta({ description: "In the order in which they can be deployed" }),
});

type SystemEntry = z.infer<typeof systemSchema>;
/** A stack as the list has it. */
export type SystemStack = SystemEntry["stacks"][number];
export type SystemTable = Readonly<Record<string, SystemEntry>>;

/** The list of systems: which there are, their stacks and their addresses. */
export const systemsFile = {
  name: "systems.yaml",
  schema: z
    .strictObject({ systems: z.record(systemNameSchema, systemSchema) })
    .superRefine(({ systems }, refinement) => addProblems(refinement, problemsAmong(systems)))
    .meta({ title: "Systems and their stacks" }),
} as const;

/**
 * Every system and its stacks, as a project's list says.
 *
 * @param project its directory
 * @throws {LocatedError} with everything that is wrong with the list
 */
export function readSystems(project: string): SystemTable {
  const file = join(project, "stacks", systemsFile.name);
  return readYaml({ file, schema: systemsFile.schema, of: "the list of systems" }).systems;
}

/** The template of all preview environments has this name: no stack is called so. */
const templateName = "preview";

function problemsAmong(systems: SystemTable): readonly Problem[] {
  return [...wrongBlocks(systems), ...namesThatClash(systems), ...stacksThatAreMissing(systems)];
}

/** Blocks are private, and none overlaps another. */
function wrongBlocks(systems: SystemTable): readonly Problem[] {
  const blocks = Object.entries(systems).flatMap(([system, { addressBlock }]) => {
    const range = parseAlignedBlock(addressBlock);
    return range === undefined ? [] : [{ system, addressBlock, range }];
  });
  return blocks.flatMap(({ system, addressBlock, range }, index) => {
    const messages = [
      ...(isPrivate(range) && isWithinUnrouted(range)
        ? []
        : [`${addressBlock} is not private: expected a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16`]),
      ...blocks
        .slice(0, index)
        .filter((earlier) => overlaps(earlier.range, range))
        .map((earlier) => `${addressBlock} overlaps ${earlier.addressBlock} of ${earlier.system}`),
    ];
    return messages.map((message) => ({ path: ["systems", system, "addressBlock"], message }));
  });
}

/** A stack with its place in the list. */
interface ListedStack {
  readonly system: string;
  readonly path: Path;
  readonly stack: SystemStack;
}

function listed(systems: SystemTable): readonly ListedStack[] {
  return Object.entries(systems).flatMap(([system, { stacks }]) =>
    stacks.map((stack, index) => ({ system, stack, path: ["systems", system, "stacks", index] })),
  );
}

/** Names of stacks, beginnings of previews' names, environments within a system, and who owns its zones: each is there once. */
function namesThatClash(systems: SystemTable): readonly Problem[] {
  const stacks = listed(systems);
  const previews = Object.entries(systems).flatMap(([system, { previews: prefix }]) =>
    prefix === undefined
      ? []
      : [{ key: `previews ${prefix}`, what: `previews called "${prefix}"`, path: ["systems", system, "previews"] }],
  );
  const claims = [
    ...stacks.map(({ stack: { name }, path }) => ({
      key: `name ${name}`,
      what: `a stack "${name}"`,
      path: [...path, "name"],
    })),
    ...stacks.map(({ stack: { environment }, system, path }) => ({
      key: `environment ${system} ${environment}`,
      what: `a stack of the environment "${environment}" of ${system}`,
      path: [...path, "environment"],
    })),
    ...stacks.flatMap(({ stack: { ownsZones }, system, path }) =>
      ownsZones === true
        ? [{ key: `zones ${system}`, what: `a stack that owns the zones of ${system}`, path: [...path, "ownsZones"] }]
        : [],
    ),
    ...previews,
  ];
  const seen = new Set<string>();
  const twice = claims.flatMap(({ key, what, path }) => {
    if (seen.has(key)) return [{ path, message: `there is ${what} already` }];
    seen.add(key);
    return [];
  });
  const taken = stacks.flatMap(({ stack: { name, environment }, path }) => {
    const prefix = Object.values(systems).find(
      ({ previews: begin }) => begin !== undefined && pullRequestIn(name, begin) !== undefined,
    );
    if (prefix !== undefined)
      return [{ path: [...path, "name"], message: `"${name}" would be the preview of a pull request` }];
    const isTemplate = name === templateName || environment === templateName;
    return isTemplate
      ? [{ path: [...path, "name"], message: `"${templateName}" is what all preview environments are made of` }]
      : [];
  });
  return [...twice, ...taken];
}

/**
 * The number of the pull request in the name of a preview environment; undefined when the name is none.
 *
 * @param prefix how the names of its system's previews begin
 * @example pullRequestIn("acme-pr-12", "acme-pr-") // 12
 */
export function pullRequestIn(name: string, prefix: string): number | undefined {
  const number = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  return /^[1-9]\d{0,8}$/.test(number) ? Number(number) : undefined;
}

/** What a stack reads from stands before it; what it promotes from is of its system. */
function stacksThatAreMissing(systems: SystemTable): readonly Problem[] {
  const stacks = listed(systems);
  const names = stacks.map(({ stack }) => stack.name);
  return stacks.flatMap(({ stack: { name, readsFrom, promotesFrom }, system, path }, index): Problem[] => {
    const own = stacks.filter((other) => other.system === system).map(({ stack }) => stack.name);
    const unread = readsFrom.flatMap((other, at) => {
      const place = names.indexOf(other);
      if (place >= 0 && place < index) return [];
      const why =
        place < 0
          ? `there is no stack "${other}"${didYouMean(other, names)}`
          : `${other} stands below ${name}, and is deployed before it; move it up`;
      return [{ path: [...path, "readsFrom", at], message: why }];
    });
    const isUnknown = promotesFrom !== undefined && !own.filter((other) => other !== name).includes(promotesFrom);
    const unpromoted = isUnknown
      ? [
          {
            path: [...path, "promotesFrom"],
            message: `${system} has no other stack "${promotesFrom}"${didYouMean(promotesFrom, own)}`,
          },
        ]
      : [];
    return [...unread, ...unpromoted];
  });
}
