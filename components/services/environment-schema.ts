import { z } from "zod";
import type { Problem } from "../../lib/located-yaml/problem";
import type { PrivateService } from "../../lib/private-services";
import { budgetSchema } from "../budget/schema";
import { cacheSchema, containerSize } from "../cache/schema";
import { replicasSchema } from "../container-apps/scale-schema";
import { appsEnvironmentSchema, type ServiceInventory, serviceSettingsSchema } from "../container-apps/schema";
import { objectStoreSchema } from "../object-store/schema";
import { logRetentionSchema, metricsSchema } from "../observability/schema";
import { dumpsSchema, postgresSchema, standbyEntry, standbyProblems, standbySchema } from "../postgres-server/schema";
import { nightProblems } from "../postgres-server/server-problems";
import { queuesSchema } from "../queues/schema";
import { r2BucketsSchema } from "../r2-buckets/schema";

/** What an environment, or a preset of several, says. */
const parts = z
  .strictObject({
    registry: z.enum(["Basic", "Standard"]).meta({
      description: "The registry's size: about 5 and 20 USD a month. Default: none; every service names another",
      makes: [{ type: "landscape:containerregistry:ContainerRegistry" }],
    }),
    apps: appsEnvironmentSchema,
    replicas: replicasSchema,
    logRetentionDays: logRetentionSchema,
    metrics: metricsSchema,
    budget: budgetSchema,
    postgres: postgresSchema,
    dumps: dumpsSchema,
    standby: standbySchema,
    queues: queuesSchema,
    objects: objectStoreSchema,
    buckets: r2BucketsSchema,
    caches: z.array(cacheSchema).meta({ description: "Caches. Default: none" }),
    services: z
      .record(z.string(), serviceSettingsSchema)
      .meta({ description: "What services have here that services.yaml does not say, by the service's name" }),
  })
  .partial();

type Parts = z.infer<typeof parts>;

/** What every environment has, by its own word or by its preset's. */
const always = ["replicas", "logRetentionDays", "budget", "postgres"] as const;

/** An environment with what its preset brings. */
export type EnvironmentInventory = Parts & { readonly [Key in (typeof always)[number]]: NonNullable<Parts[Key]> };

/** The services that the parts of an environment are reached as in its network: it names them, beside those that `network.yaml` lists. */
export function privateServicesOf({ caches = [], objects, queues }: EnvironmentInventory): readonly PrivateService[] {
  return [
    ...(caches.some(({ size }) => size !== containerSize) ? (["redisEnterprise"] as const) : []),
    ...(objects === undefined ? [] : (["blob"] as const)),
    ...(queues?.tier === "Premium" ? (["serviceBus"] as const) : []),
  ];
}

const shortName = z.string().regex(/^[a-z][a-z0-9]*$/, "expected a short name, for example prod");

/**
 * The environments of a system, and presets that they can be sized by. A part that an environment says itself counts instead of its
 * preset's as a whole; of services, setting by setting.
 */
export const environmentsSchema = z
  .strictObject({
    environments: z.record(
      shortName,
      parts
        .safeExtend({
          size: z.string().optional().meta({ description: "The preset whose parts it has. Default: none" }),
        })
        .meta({ description: "An environment" }),
    ),
    presets: z.record(shortName, parts.meta({ description: "A size that environments can have" })).optional(),
  })
  .transform(({ environments, presets = {} }, { issues }) => {
    const [sizes, others] = [new Map(Object.entries(presets)), new Map(Object.entries(environments))];
    const complete = Object.entries(environments).flatMap(
      ([name, { size, ...own }]): [string, EnvironmentInventory][] => {
        const refuse = (path: readonly PropertyKey[], message: string) =>
          issues.push({ code: "custom", input: own, path: ["environments", name, ...path], message });
        const preset = size === undefined ? {} : sizes.get(size);
        if (preset === undefined) {
          refuse(["size"], `no preset "${size}"; presets are ${Object.keys(presets).join(", ") || "none"}`);
          return [];
        }
        const merged: Parts = { ...preset, ...own, services: mergeServices(preset.services, own.services) };
        if (merged.standby !== undefined) {
          const { size: ofSize = "", ...of } = others.get(merged.standby.of) ?? {};
          const primary: Parts = { ...sizes.get(ofSize), ...of };
          const problems = problemsBeside(primary, merged, merged.standby);
          for (const { path, message } of problems) refuse(["standby", ...path], message);
          if (primary.postgres === undefined || problems.length > 0) return [];
          merged.postgres = standbyEntry(primary.postgres, merged.standby);
          merged.objects = primary.objects;
        }
        for (const { path, message } of nightProblems(name, merged.postgres ?? {}))
          refuse(["postgres", ...path], message);
        if (merged.postgres?.nights === "off" && merged.dumps !== undefined)
          refuse(["dumps"], "are made and tested at night; leave out nights: off of postgres");
        const where = size === undefined ? "say it here" : `say it here, or in the preset ${size}`;
        for (const key of always) if (merged[key] === undefined) refuse([], `${key} is missing; ${where}`);
        return isComplete(merged) ? [[name, merged]] : [];
      },
    );
    // Last, so that what a preset brings is known to stand there.
    return { environments: Object.fromEntries(complete), presets };
  });

/** What is wrong with an environment that stands by for a primary, by the key of its entry. */
function problemsBeside(primary: Parts, own: Parts, standby: NonNullable<Parts["standby"]>): readonly Problem[] {
  const both = (["postgres", "objects", "dumps"] as const)
    .filter((part) => own[part] !== undefined)
    .map((part) => ({ path: [], message: `stands beside ${part}; say one` }));
  return [...both, ...standbyProblems(standby, primary.postgres), ...copyProblems(standby, primary)];
}

/** A standby uses the objects where its primary copies them to, so they have to be copied. */
function copyProblems({ of }: NonNullable<Parts["standby"]>, { objects }: Parts): readonly Problem[] {
  if (objects === undefined || objects.copiesTo !== undefined) return [];
  return [
    { path: ["of"], message: `the objects of ${of} are copied nowhere; give them copiesTo, the standby's region` },
  ];
}

function isComplete(merged: Parts): merged is EnvironmentInventory {
  return always.every((key) => merged[key] !== undefined);
}

type ServiceSettings = NonNullable<Parts["services"]>;

function mergeServices(preset: ServiceSettings = {}, own: ServiceSettings = {}): ServiceSettings {
  const names = [...new Set([...Object.keys(preset), ...Object.keys(own)])];
  return Object.fromEntries(names.map((name) => [name, mergeSettings(preset[name] ?? {}, own[name] ?? {})]));
}

/** What a service says, with other words over it: of mappings key by key, of anything else as a whole. */
function mergeSettings<Settings extends ServiceSettings[string]>(
  settings: Settings,
  over: ServiceSettings[string],
): Settings {
  return {
    ...settings,
    ...over,
    ...(settings.env === undefined && over.env === undefined ? {} : { env: { ...settings.env, ...over.env } }),
    ...(settings.scale === undefined && over.scale === undefined
      ? {}
      : { scale: { ...settings.scale, ...over.scale } }),
  };
}

/** The services of an environment: those of the system, each with what the environment says of it. */
export function servicesIn(
  services: readonly ServiceInventory[],
  { services: settings = {} }: Pick<EnvironmentInventory, "services">,
): readonly ServiceInventory[] {
  return services.map((service) => {
    const own = settings[service.name];
    return own === undefined ? service : mergeSettings(service, own);
  });
}
