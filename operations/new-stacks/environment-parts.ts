import { z } from "zod";
import { parseAlignedBlock } from "../../lib/ipv4";
import { isJsonObject } from "../../lib/json-value";
import { parseYaml } from "../../lib/located-yaml/read-yaml";
import { appendTo, entryAt, insertBehind, listsIn } from "../../lib/located-yaml/text-edits";
import { refusal } from "../../lib/refusal";
import type { ProjectDrafts } from "../project-drafts";
import { freeBlock, movedBlocks } from "./free-addresses";
import type { NewStack } from "./new-stack";

const partsSchema = z.looseObject({ networks: z.record(z.string(), z.looseObject({ addressSpace: z.string() })) });
const entry = z.looseObject({ size: z.string().optional() });
const environmentsSchema = z.looseObject({
  environments: z.record(z.string(), entry),
  presets: z.record(z.string(), entry).default({}),
});

/** What an environment says, and what its preset does. */
export function entriesOf(text: string, environment: string): readonly object[] {
  const { environments, presets } = parseYaml(text, {
    file: "environments.yaml",
    schema: environmentsSchema,
    of: "the inventory",
  });
  const own = environments[environment];
  return [own, presets[own?.size ?? ""]].filter((part) => part !== undefined);
}

/**
 * The environment's part of each file of the inventory, in an order in which each needs none that follows.
 *
 * @returns the names that its apps have, by those of its model's
 */
export function draftParts(
  drafts: ProjectDrafts,
  inventory: string,
  stack: NewStack,
  block: string,
): ReadonlyMap<string, string> {
  const { environment, like } = stack;
  const file = (name: string) => `${inventory}/${name}.yaml`;
  const domains = domainsOf(drafts.read(file("environments")), stack);
  drafts.edit(file("network"), (text) => withNetwork(text, file("network"), stack, block));
  const listed = (text: string) =>
    withListed(text, (path) => path.at(-1) === "environments", new Map([[like.environment, environment]]));
  drafts.edit(file("secrets"), listed);
  drafts.edit(file("environments"), (text) => withEnvironment(text, file("environments"), stack, domains));
  // What listed addresses alone reach, under the new names too.
  drafts.edit(file("zones"), (text) => withListed(text, (path) => path.at(-1) === "hosts", domains));
  drafts.edit(file("monitoring"), listed);
  return domains;
}

function withNetwork(text: string, file: string, { environment, like }: NewStack, block: string): string {
  const { networks } = parseYaml(text, { file, schema: partsSchema, of: "the inventory" });
  if (networks[environment] !== undefined) return text;
  const model = networks[like.environment]?.addressSpace;
  if (model === undefined)
    throw refusal(`environment "${like.environment}"`, [`${file} has no network of it to make one like`]);
  const used = Object.values(networks).map(({ addressSpace }) => addressSpace);
  const own = freeBlock(block, parseAlignedBlock(model)?.prefix ?? 16, used);
  if (own === undefined)
    throw refusal(`environment "${environment}"`, [
      `no network of the size of ${model} is left in ${block}, the system's block in stacks/systems.yaml`,
    ]);
  const path = ["networks", like.environment];
  return insertBehind(text, path, movedBlocks(withKey(entryAt(text, path), environment), model, own));
}

function withEnvironment(
  text: string,
  file: string,
  { environment, like }: NewStack,
  domains: ReadonlyMap<string, string>,
): string {
  const { environments } = parseYaml(text, { file, schema: environmentsSchema, of: "the inventory" });
  if (environments[environment] !== undefined) return text;
  const model = environments[like.environment];
  if (model === undefined) throw refusal(`environment "${like.environment}"`, [`${file} does not have it`]);
  if (isJsonObject(model.standby)) {
    throw refusal(`environment "${like.environment}"`, [
      `it stands by for another one, and what that takes is no copy; name one that does not with --like (docs/extending.md, "A replica, a standby, a key")`,
    ]);
  }
  const path = ["environments", like.environment];
  return insertBehind(text, path, `\n${withNames(withKey(entryAt(text, path), environment), domains)}`);
}

/** An entry of a map under another key. */
function withKey(entry: string, key: string): string {
  return entry.replace(/^( *)[^\s:]+:/, `$1${key}:`);
}

/**
 * The names of a model's apps, each with that of the new environment: `api-demo.example.com` for `api-staging.example.com` or
 * `api.example.com`, `demo.example.com` for `staging.example.com`.
 */
function domainsOf(text: string, { environment, like }: NewStack): ReadonlyMap<string, string> {
  const lists = listsIn(text).filter(
    ({ path }) => path[0] === "environments" && path[1] === like.environment && path.at(-1) === "domains",
  );
  return new Map(
    lists.flatMap(({ values }) =>
      values.map((domain): [string, string] => {
        const [first = "", ...rest] = domain.split(".");
        if (first === like.environment) return [domain, [environment, ...rest].join(".")];
        const stem = first.endsWith(`-${like.environment}`) ? first.slice(0, -like.environment.length - 1) : first;
        return [domain, [`${stem}-${environment}`, ...rest].join(".")];
      }),
    ),
  );
}

/** A text with other host names in it. */
export function withNames(text: string, names: ReadonlyMap<string, string>): string {
  // In one pass: the new name of one app may be the old name of another.
  const known = [...names.keys()].map((name) => name.replaceAll(".", "\\.")).join("|");
  return text.replaceAll(
    new RegExp(`(?<![\\w.-])(?:${known})(?![\\w-]|\\.\\w)`, "g"),
    (found) => names.get(found) ?? found,
  );
}

/** A text in which lists have what is new beside what it is like. */
function withListed(
  before: string,
  isMeant: (path: readonly (string | number)[]) => boolean,
  names: ReadonlyMap<string, string>,
): string {
  let text = before;
  for (const { path, values } of listsIn(before).filter((list) => isMeant(list.path)))
    for (const [from, to] of names) if (values.includes(from) && !values.includes(to)) text = appendTo(text, path, to);
  return text;
}
