import { z } from "zod";
import { physicalName } from "../../components/naming/physical-name";
import { didYouMean } from "../../lib/closest-name";
import { parseYaml } from "../../lib/located-yaml/read-yaml";
import { insertBehind, removeAt, replaceAt } from "../../lib/located-yaml/text-edits";
import { isProductionEnvironment } from "../../lib/production-environments";
import { refusal } from "../../lib/refusal";
import { deliveryOf, hasOwnProgram } from "../../stacks/registry";
import { environmentOf } from "../../stacks/subscriptions";
import { readSystems, type SystemStack, type SystemTable } from "../../stacks/systems-file";
import type { ProjectDrafts } from "../project-drafts";
import { draftParts, entriesOf, withNames } from "./environment-parts";
import {
  alreadyThere,
  type DraftedStacks,
  draftDelivery,
  draftExceptions,
  draftStackFile,
  draftUnreviewed,
  type NewStack,
  parametersOf,
  plansFile,
  refuseNames,
  refuseTaken,
  stackFileOf,
  stackNames,
  systemsPath,
} from "./new-stack";

/** What is asked of a new environment. */
export interface EnvironmentRequest {
  readonly system: string;
  readonly environment: string;
  readonly subscription: string;
  /** The environment of the system that it is made like. Default: the first one. */
  readonly like?: string | undefined;
}

/**
 * An environment more of a system of services, made like another one of it: its network, its part of the inventory, its configuration,
 * and the rights to deploy it.
 *
 * @param root the project's directory
 * @throws {RunError} when the name is taken, or there is nothing to be made like
 */
export function draftEnvironment(drafts: ProjectDrafts, root: string, request: EnvironmentRequest): DraftedStacks {
  const { system, environment, subscription } = request;
  refuseNames({ system, environments: [environment], subscriptions: { [environment]: subscription } });
  const systems = readSystems(root);
  const like = modelOf(systems, request);
  const stack: NewStack = {
    ...{ name: `${system}-${environment}`, system, environment, subscription },
    like: { name: like.name, system, environment: like.environment },
  };
  const isThere = systems[system]?.stacks.some((each) => each.environment === environment) === true;
  const inventory = `stacks/${system}/inventory`;
  const names = draftParts(drafts, inventory, stack, systems[system]?.addressBlock ?? "");
  const encrypted = draftStackFile(drafts, stack);
  draftParameters(drafts, { root, systems, stack, names });
  draftExceptions(drafts, stack);
  const delivery = deliveryOf(root);
  draftDelivery(drafts, [stack], delivery);
  draftUnreviewed(drafts, stack, stackNames(systems));
  refuseTaken(drafts, `stack "${stack.name}"`, isThere);
  draftCost(drafts, stack);
  if (!isThere) drafts.edit(systemsPath, (text) => withStack(text, systems, stack));
  const hasBuckets = entriesOf(drafts.read(`${inventory}/environments.yaml`), environment).some(
    (part) => "buckets" in part,
  );
  return { stacks: [stack], encrypted, rights: `${delivery.inventory}/pipelines.yaml`, hasBuckets };
}

/** @throws {RunError} naming what there is instead */
function modelOf(systems: SystemTable, { system, environment, like }: EnvironmentRequest): SystemStack {
  const entry = systems[system];
  const known = Object.keys(systems).filter((name) => !hasOwnProgram(name));
  if (entry === undefined) {
    const instead = `${didYouMean(system, known)}; npm run new-system makes one`;
    throw refusal(`system "${system}"`, [`it is not in ${systemsPath}${instead}`]);
  }
  if (hasOwnProgram(system)) {
    throw refusal(`system "${system}"`, [
      `what its stacks are made of is code, which no command writes: docs/extending.md, "A stack"; systems of services are ${known.join(", ")}`,
    ]);
  }
  const others = entry.stacks.filter((stack) => stack.environment !== environment);
  const alike = others.filter(
    (stack) => isProductionEnvironment(stack.environment) === isProductionEnvironment(environment),
  );
  const found = like === undefined ? alike[0] : others.find((stack) => stack.environment === like);
  if (found !== undefined && alike.includes(found)) return found;
  if (others.length < entry.stacks.length) throw refusal(`stack "${system}-${environment}"`, [alreadyThere]);
  throw refusal(`environment "${environment}"`, [whyNotLike(environment, like, others, alike)]);
}

function whyNotLike(
  environment: string,
  like: string | undefined,
  others: readonly SystemStack[],
  alike: readonly SystemStack[],
): string {
  const names = (stacks: readonly SystemStack[]) => stacks.map((stack) => stack.environment);
  if (like !== undefined && !names(others).includes(like))
    return `there is no environment "${like}" to make it like${didYouMean(like, names(others)) || `; there is ${names(others).join(", ")}`}`;
  const promise = isProductionEnvironment(environment)
    ? "it promises what production does"
    : "it does not promise what production does";
  return `${promise}, so that it is like ${names(alike).join(" or ") || "none of the others"}: which environments do is known by their names`;
}

const parametersSchema = z.looseObject({
  principals: z.array(z.string()).default([]),
  imageSources: z.array(z.string()).default([]),
});
const principalsSchema = z.looseObject({
  config: z.looseObject({ "landscape:releasePrincipals": z.record(z.string(), z.string()).default({}) }),
});

/** What rules know of the model, without who releases to it, with the new environment's names and registry. */
function draftParameters(
  drafts: ProjectDrafts,
  {
    root,
    systems,
    stack: { name, system, environment, like },
    names,
  }: {
    readonly root: string;
    readonly systems: SystemTable;
    readonly stack: NewStack;
    readonly names: ReadonlyMap<string, string>;
  },
): void {
  const file = parametersOf(like.name);
  const known = parseYaml(drafts.read(file), { file, schema: parametersSchema, of: "the parameters" });
  const releasing = new Set(
    (systems[system]?.stacks ?? []).flatMap((stack) => {
      const path = stackFileOf(stack.name);
      const read = parseYaml(drafts.read(path), {
        file: path,
        schema: principalsSchema,
        of: `the configuration of ${stack.name}`,
      });
      return Object.values(read.config["landscape:releasePrincipals"]);
    }),
  );
  const leaving = known.principals.flatMap((id, index) => (releasing.has(id) ? [index] : []));
  const host = (place: { readonly environment: string; readonly generation?: string | undefined }) =>
    `${physicalName({ project: system, generation: undefined, ...place }, "containerRegistry", "registry")}.azurecr.io/`;
  const registry = known.imageSources.indexOf(host(environmentOf(like.name, root)));
  drafts.copy(file, parametersOf(name), (before) => {
    let text = before;
    for (const index of leaving.reverse()) text = removeAt(text, ["principals", index]);
    if (registry >= 0) text = replaceAt(text, ["imageSources", registry], host({ environment }));
    return withNames(text, names).replaceAll(new RegExp(`(?<![\\w-])${like.name}(?![\\w-])`, "g"), name);
  });
}

const sizesSchema = z.looseObject({
  systems: z.record(z.string(), z.looseObject({ sizes: z.record(z.string(), z.looseObject({ stack: z.string() })) })),
});

/** Its column on the cost page, where the system has a plan of costs. */
function draftCost(drafts: ProjectDrafts, { name, system, environment }: NewStack): void {
  if (!drafts.has(plansFile)) return;
  drafts.edit(plansFile, (text) => {
    const { systems } = parseYaml(text, { file: plansFile, schema: sizesSchema, of: "the plans of costs" });
    const sizes = Object.entries(systems[system]?.sizes ?? {});
    const last = sizes.at(-1)?.[0];
    if (last === undefined || sizes.some(([, { stack }]) => stack === name)) return text;
    return insertBehind(text, ["systems", system, "sizes", last], `      ${environment}: { stack: ${name} }`);
  });
}

/** The last file that is written: from then on there is the stack. */
function withStack(text: string, systems: SystemTable, { name, system, environment, like }: NewStack): string {
  const last = (systems[system]?.stacks.length ?? 0) - 1;
  const title = /^([^:]+): /.exec(systems[system]?.stacks[0]?.description ?? "")?.[1] ?? system;
  const lines = [
    `      - name: ${name}`,
    `        environment: ${environment}`,
    `        description: "${title}: what ${like.environment} is, once more and apart"`,
  ];
  return insertBehind(text, ["systems", system, "stacks", last], lines.join("\n"));
}
