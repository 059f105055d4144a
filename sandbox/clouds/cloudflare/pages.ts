import { isPropertyMap, type PropertyMap } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import type { WorldReading } from "../../world/world";
import { withDefaults } from "../input-check";
import { textAt, valueAt } from "../read-property";
import type { TypeRule } from "../type-rule";
import { lastPart, pagesDomainKind, pagesProjectKind, requireAccount, zoneOfHost } from "./service-lookup";

const buildDefaults: PropertyMap = { buildCaching: false, buildCommand: "", destinationDir: "", rootDir: "" };
const deploymentDefaults: PropertyMap = {
  alwaysUseLatestCompatibilityDate: false,
  failOpen: true,
  usageModel: "standard",
};
const stages = ["preview", "production"];

/** What is filled in at once: the rest of what the program gives a part of. A complete part has no defaults, and is imported whole. */
function immediateDefaults(inputs: PropertyMap): PropertyMap {
  const stageDefaults = stages.flatMap((stage) => {
    const missing = missingOf(inputs, `deploymentConfigs.${stage}`, deploymentDefaults);
    return missing === undefined ? [] : [[stage, missing] as const];
  });
  const build = missingOf(inputs, "buildConfig", buildDefaults);
  return {
    ...(build === undefined ? {} : { buildConfig: build }),
    ...(stageDefaults.length === 0 ? {} : { deploymentConfigs: Object.fromEntries(stageDefaults) }),
  };
}

/** The defaults of what the part at `path` leaves out; undefined when it is not given or is complete. */
function missingOf(inputs: PropertyMap, path: string, defaults: PropertyMap): PropertyMap | undefined {
  const given = valueAt(inputs, path);
  if (!isPropertyMap(given)) return undefined;
  const missing = Object.entries(defaults).filter(([key]) => given[key] === undefined);
  return missing.length === 0 ? undefined : Object.fromEntries(missing);
}

/** What only the next read finds: whole parts that the program left out, and the versions of the build. */
function laterDefaults(outputs: PropertyMap): PropertyMap {
  const stage = {
    ...deploymentDefaults,
    buildImageMajorVersion: 3,
    compatibilityDate: (textAt(outputs, "createdOn") ?? "").slice(0, 10),
  };
  return { buildConfig: buildDefaults, deploymentConfigs: { preview: stage, production: stage } };
}

export const pagesProjectRule: TypeRule = {
  type: pagesProjectKind,
  identity: {
    kind: "named",
    id: (inputs) => textAt(inputs, "name") ?? "",
    fromImport: lastPart,
  },
  takesOverExisting: true,
  name: {
    property: "name",
    pattern: /^[a-z0-9]([a-z0-9-]{0,56}[a-z0-9])?$/,
    expected: "1 to 58 lower-case letters, digits and dashes, with no dash at either end",
    code: "8000000",
  },
  required: ["accountId", "name", "productionBranch"],
  allowed: Object.fromEntries(
    stages.map((stage) => [`deploymentConfigs.${stage}.usageModel`, ["standard", "bundled", "unbound"]]),
  ),
  createOnly: ["accountId", "name"],
  service: {
    create: ({ world, id, inputs }) => {
      requireAccount(world, textAt(inputs, "accountId") ?? "");
      if (world.get(pagesProjectKind, id) !== undefined) {
        throw new ServiceError(
          "8000002",
          "A project with this name already exists. Choose a different project name.",
          409,
        );
      }
    },
    delete: ({ world, id }) => {
      const domains = domainsOfProject(world, id);
      if (domains.length === 0) return;
      throw new ServiceError(
        "8000028",
        `Your project has custom domains (${domains.join(", ")}). Delete them before you delete the project.`,
      );
    },
  },
  defaults: immediateDefaults,
  // What the service fills in later is not in its answer to the create: a program that leaves it out differs from then on.
  eventualOutputs: (outputs) => withDefaults(outputs, laterDefaults(outputs)),
  computed: {
    names: ["subdomain", "domains", "usesFunctions", "productionScriptName", "previewScriptName", "createdOn"],
    stable: ["subdomain", "domains", "usesFunctions", "productionScriptName", "previewScriptName", "createdOn"],
    values: ({ id, existing }) => ({
      subdomain: `${id}.pages.dev`,
      domains: [`${id}.pages.dev`],
      usesFunctions: false,
      productionScriptName: `pages-worker--${id}-production`,
      previewScriptName: `pages-worker--${id}-preview`,
      createdOn: textAt(existing?.properties ?? {}, "createdOn") ?? new Date().toISOString(),
    }),
  },
};

/** The custom domains of a Pages project. */
export function domainsOfProject(world: WorldReading, project: string): readonly string[] {
  return world
    .list(pagesDomainKind)
    .filter((domain) => domain.properties.projectName === project)
    .map((domain) => domain.id);
}

/** A custom domain of a Pages project. It makes no DNS record; the record comes after it. */
export const pagesDomainRule: TypeRule = {
  type: pagesDomainKind,
  identity: { kind: "named", id: (inputs) => (textAt(inputs, "name") ?? "").toLowerCase(), fromImport: lastPart },
  takesOverExisting: true,
  required: ["accountId", "name", "projectName"],
  createOnly: ["accountId", "name", "projectName"],
  service: {
    create: ({ world, id, inputs }) => {
      const project = textAt(inputs, "projectName") ?? "";
      if (world.get(pagesProjectKind, project)?.properties.accountId !== textAt(inputs, "accountId")) {
        throw new ServiceError(
          "8000007",
          "Project not found. The specified project name does not match any of your existing projects.",
          404,
        );
      }
      const taken = world.get(pagesDomainKind, id);
      if (taken !== undefined) {
        const owner = textAt(taken.properties, "projectName") ?? "";
        throw new ServiceError(
          "8000018",
          `You have already added this custom domain: ${id} belongs to project ${owner}.`,
          409,
        );
      }
    },
  },
  computed: {
    names: ["domainId", "status", "certificateAuthority", "createdOn", "zoneTag", "validationData", "verificationData"],
    stable: ["domainId", "certificateAuthority", "createdOn", "zoneTag"],
    values: ({ world, id, random }) => {
      const zone = zoneOfHost(world, id);
      const status = zone === undefined ? "pending" : "active";
      return {
        domainId: random.guid(),
        status,
        certificateAuthority: "google",
        createdOn: new Date().toISOString(),
        zoneTag: zone?.id ?? "",
        validationData: { method: "http", status },
        verificationData: { status },
      };
    },
  },
};
