import { z } from "zod";
import { adoptedSetting } from "../../lib/adopted-resource";
import { isJsonObject } from "../../lib/json-value";
import { LocatedDocument } from "../../lib/located-yaml/located-document";
import type { Path } from "../../lib/located-yaml/problem";
import { parseYaml } from "../../lib/located-yaml/read-yaml";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { appendTo, entryAt, insertBehind, removeAt, replaceAt } from "../../lib/located-yaml/text-edits";
import { refusal, refuse } from "../../lib/refusal";
import { matchesWhole } from "../../policies/stack-parameters";
import type { StackDefinition } from "../../stacks/registry";
import { uuid } from "../../stacks/settings";
import type { SystemDelivery } from "../../stacks/system-delivery";
import { environmentNameSchema, type SystemTable, systemNameSchema } from "../../stacks/systems-file";
import type { ProjectDrafts } from "../project-drafts";

/** A stack that is to be, and the one whose configuration and rights it gets in its own name. */
export interface NewStack extends Pick<StackDefinition, "name" | "system" | "environment"> {
  /** The id of its subscription. */
  readonly subscription: string;
  readonly like: Pick<StackDefinition, "name" | "system" | "environment">;
}

/** What was drafted, for whoever says what is left. */
export interface DraftedStacks {
  readonly stacks: readonly NewStack[];
  /** Settings of the model that are encrypted with its key, and were left out. */
  readonly encrypted: readonly string[];
  /** The file that says what people may do in stacks. */
  readonly rights: string;
  /** Whether a state holds what opens buckets, which somebody has to accept. */
  readonly hasBuckets: boolean;
}

const newNamesSchema = z.object({
  system: systemNameSchema,
  environments: z.array(environmentNameSchema).min(1),
  subscriptions: z.record(z.string(), uuid),
});

/** @throws {RunError} when names or ids are none: files are called after them, and have them */
export function refuseNames(given: {
  readonly system: string;
  readonly environments: readonly string[];
  readonly subscriptions: Readonly<Record<string, string>>;
}): void {
  refuse(`system "${given.system}"`, argumentProblems(newNamesSchema, given));
}

export const alreadyThere =
  "it is there already (stacks/systems.yaml), and not as it would be made; choose another name";

/**
 * @param isThere whether the list has it
 * @throws {RunError} when a place for a new file has something else
 */
export function refuseTaken({ taken }: ProjectDrafts, subject: string, isThere: boolean): void {
  const found = taken.map((file) => `${file} is there and says something else; choose another name, or remove it`);
  refuse(subject, isThere && taken.length > 0 ? [alreadyThere] : found);
}

/** The names of all stacks in a list. */
export function stackNames(systems: SystemTable): readonly string[] {
  return Object.values(systems).flatMap(({ stacks }) => stacks.map(({ name }) => name));
}

export const systemsPath = "stacks/systems.yaml";
export const plansFile = "operations/cost/plans.yaml";
export const stackFileOf = (stack: string): string => `Pulumi.${stack}.yaml`;
export const parametersOf = (stack: string): string => `policies/parameters/${stack}.yaml`;
export const exceptionsFile = "policies/exceptions.yaml";

/** Settings that belong to one stack alone: whom its releases become, what it took over, its names' generation. */
const ownSettings: readonly string[] = ["landscape:releasePrincipals", adoptedSetting, "landscape:generation"];

/** A stack's own key, and once its state is there its version, which no other key has. */
const keyOfStack = /\/keys\/[^/]+(\/\w+)?$/;

/**
 * A stack's file, made of its model's. What is encrypted is left out: it is encrypted with the other one's key.
 *
 * @returns the settings that were left out for that
 */
export function draftStackFile(drafts: ProjectDrafts, { name, system, environment, subscription, like }: NewStack) {
  const content = contentOf(drafts.read(stackFileOf(like.name)));
  const config = isJsonObject(content.config) ? content.config : {};
  const encrypted = Object.keys(config).filter((key) => JSON.stringify(config[key]).includes('"secure":'));
  const leaving: Path[] = [
    ...["encryptedkey", "encryptionsalt"].filter((key) => key in content).map((key) => [key]),
    ...Object.keys(config)
      .filter((key) => ownSettings.includes(key) || encrypted.includes(key))
      .map((key) => ["config", key]),
  ];
  drafts.copy(stackFileOf(like.name), stackFileOf(name), (before) => {
    let text = before;
    for (const path of leaving) text = removeAt(text, path);
    const provider = content.secretsprovider;
    if (typeof provider === "string")
      text = replaceAt(text, ["secretsprovider"], provider.replace(keyOfStack, `/keys/${name}`));
    text = replaceAt(text, ["config", "landscape:system"], system);
    text = replaceAt(text, ["config", "landscape:environment"], environment);
    return replaceAt(text, ["config", "azure-native:subscriptionId"], subscription);
  });
  return encrypted;
}

const exceptionsSchema = z.looseObject({
  exceptions: z.array(z.looseObject({ resource: z.string(), rule: z.string(), finding: z.string() })),
});

/**
 * The exceptions that a stack's model has, for the stack.
 *
 * @param isNeeded which of them
 */
export function draftExceptions(
  drafts: ProjectDrafts,
  { name, like }: Pick<NewStack, "name" | "like">,
  isNeeded: (exception: { readonly resource: string; readonly rule: string }) => boolean = () => true,
): void {
  drafts.edit(exceptionsFile, (before) => {
    const { exceptions } = parseYaml(before, { file: exceptionsFile, schema: exceptionsSchema, of: "the exceptions" });
    const of = (stack: string) => `urn:pulumi:${stack}::`;
    const blocks = exceptions.flatMap((exception, index) => {
      const { resource, rule, finding } = exception;
      if (!resource.startsWith(of(like.name)) || !isNeeded(exception)) return [];
      const own = resource.replace(of(like.name), of(name));
      const isThere = exceptions.some(
        (each) => each.resource === own && each.rule === rule && each.finding === finding,
      );
      return isThere ? [] : [entryAt(before, ["exceptions", index]).replace(of(like.name), of(name))];
    });
    return blocks.length === 0
      ? before
      : insertBehind(before, ["exceptions", exceptions.length - 1], blocks.join("\n"));
  });
}

const repositoriesSchema = z.looseObject({
  repositories: z.array(
    z.looseObject({ name: z.string(), environments: z.array(z.looseObject({ name: z.string() })).default([]) }),
  ),
});
const trustSchema = z.looseObject({ federatedSubjects: z.record(z.string(), z.unknown()).default({}) });

/** From where workflows deploy stacks, and what the identities believe that they become: as it is of each one's model. */
export function draftDelivery(drafts: ProjectDrafts, stacks: readonly NewStack[], delivery: SystemDelivery): void {
  const repositories = `${delivery.inventory}/repositories.yaml`;
  const trust = parametersOf(delivery.stack);
  for (const stack of stacks) {
    drafts.edit(repositories, (text) => {
      const read = parseYaml(text, { file: repositories, schema: repositoriesSchema, of: "the inventory" });
      const at = read.repositories.findIndex((repository) => repository.name === delivery.repository);
      const entries = (read.repositories[at]?.environments ?? []).map((environment, key) => ({
        key,
        of: environment.name,
      }));
      return withCopy(text, { file: repositories, path: ["repositories", at, "environments"], entries }, stack);
    });
    drafts.edit(trust, (text) => {
      const read = parseYaml(text, { file: trust, schema: trustSchema, of: "the parameters" });
      const entries = Object.keys(read.federatedSubjects).map((key) => ({ key, of: key.split("-deploy-")[1] ?? "" }));
      return withCopy(text, { file: trust, path: ["federatedSubjects"], entries }, stack);
    });
  }
}

const unreviewedSchema = z.looseObject({ unreviewedEnvironments: z.array(z.string()).default([]) });

/**
 * That nobody reviews what is deployed to a stack, where rules know it of its model.
 *
 * @param known the stacks whose parameters may say so
 */
export function draftUnreviewed(
  drafts: ProjectDrafts,
  { name, like }: Pick<NewStack, "name" | "like">,
  known: readonly string[],
): void {
  for (const file of known.map(parametersOf).filter((path) => drafts.has(path))) {
    drafts.edit(file, (text) => {
      const { unreviewedEnvironments: listed } = parseYaml(text, {
        file,
        schema: unreviewedSchema,
        of: "the parameters",
      });
      const isListed = (stack: string) => listed.some((pattern) => matchesWhole(stack, pattern));
      return isListed(like.name) && !isListed(name) ? appendTo(text, ["unreviewedEnvironments"], name) : text;
    });
  }
}

/** Entries of a file, each with the stack that it is of. */
interface StackEntries {
  readonly file: string;
  readonly path: Path;
  readonly entries: readonly { readonly key: string | number; readonly of: string }[];
}

/** A text with a stack's entry: its model's in its own name, behind what its system has, or else its model's system. */
function withCopy(text: string, { file, path, entries }: StackEntries, { name, system, like }: NewStack): string {
  if (entries.some(({ of }) => of === name)) return text;
  const model = entries.find(({ of }) => of === like.name);
  if (model === undefined)
    throw refusal(`file "${file}"`, [`${path.join(".")} has nothing of ${like.name}, which ${name} is made like`]);
  const lastOf = (other: string) => entries.findLast(({ of }) => of.startsWith(`${other}-`));
  const place = lastOf(system) ?? lastOf(like.system) ?? model;
  const word = new RegExp(`(?<![a-z0-9])${like.name}(?![a-z0-9-])`, "g");
  return insertBehind(text, [...path, place.key], entryAt(text, [...path, model.key]).replaceAll(word, name));
}

/** A file's content, whose values nobody relies on. */
function contentOf(text: string): Readonly<Record<string, unknown>> {
  const content = new LocatedDocument(text, "allowed").value();
  return isJsonObject(content) ? content : {};
}
