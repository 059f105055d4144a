import type { ConfigValue } from "../../../deployment/operation";
import { type PropertyMap, type PropertyValue, Secret } from "../../../deployment/values/property-value";
import { builtinPackage } from "../plan/builtin-provider";
import type { Deployment } from "../plan/deployment";
import { type Goal, noTimeouts } from "../plan/resource-state";
import { packageOf, providerReference, providerTypeOf } from "../plan/urn";
import type { PluginRequest } from "./decode-request";

/** A package that the program registered by reference instead of naming it with each resource. */
export interface RegisteredPackage {
  readonly name: string;
  readonly version: string;
  readonly downloadUrl: string;
}

/** The providers that resources get when the program names none: one per package and version. */
export class DefaultProviders {
  private readonly references = new Map<string, Promise<string>>();
  private readonly packages = new Map<string, RegisteredPackage>();

  constructor(
    private readonly deployment: Deployment,
    private readonly config: ReadonlyMap<string, ConfigValue>,
  ) {}

  registerPackage(registered: RegisteredPackage): string {
    const reference = `${registered.name}@${registered.version}`;
    this.packages.set(reference, registered);
    return reference;
  }

  /** The reference (`urn::id`) of the default provider for a resource type or function token. */
  referenceFor(token: string, plugin: PluginRequest): Promise<string> {
    const registered = this.packages.get(plugin.packageRef);
    const packageName = registered?.name ?? packageOf(token);
    const version = packageName === builtinPackage ? "" : (registered?.version ?? plugin.version);
    const downloadUrl = registered?.downloadUrl ?? plugin.downloadUrl;
    const key = [packageName, version, downloadUrl].join("\0");
    const known = this.references.get(key);
    if (known !== undefined) return known;
    const reference = this.create(packageName, version, downloadUrl);
    this.references.set(key, reference);
    return reference;
  }

  private async create(packageName: string, version: string, downloadUrl: string): Promise<string> {
    const properties = withPlugin(this.configuration(packageName), { version, downloadUrl });
    const state = await this.deployment.register(providerGoal(packageName, nameFor(version, downloadUrl), properties));
    return providerReference(state.urn, state.id);
  }

  /** The stack's configuration for a package: `azure-native:location` becomes the input `location`. */
  private configuration(packageName: string): PropertyMap {
    const inputs: Record<string, PropertyValue> = {};
    const prefix = `${packageName}:`;
    for (const [key, { value, secret }] of this.config) {
      if (key.startsWith(prefix)) inputs[key.slice(prefix.length)] = secret ? new Secret(value) : value;
    }
    return inputs;
  }
}

/** A provider's inputs with the plugin that was asked for. The engine's own part is there as soon as one was, even if it is empty. */
export function withPlugin(
  properties: PropertyMap,
  { version, downloadUrl }: Pick<PluginRequest, "version" | "downloadUrl">,
): PropertyMap {
  if (version === "" && downloadUrl === "") return properties;
  return {
    ...properties,
    ...(version === "" ? {} : { version }),
    __internal: downloadUrl === "" ? {} : { pluginDownloadURL: downloadUrl },
  };
}

/** `default_3_28_0`, `default_1_0_0_alpha_1`, with the download address when there is one. */
function nameFor(version: string, downloadUrl: string): string {
  const parts = ["default"];
  if (version !== "") parts.push(version.replaceAll(/[.+-]/g, "_"));
  if (downloadUrl !== "") parts.push(downloadUrl.replaceAll(/[^a-zA-Z0-9]/g, "_"));
  return parts.join("_");
}

function providerGoal(packageName: string, name: string, properties: PropertyMap): Goal {
  return {
    type: providerTypeOf(packageName),
    name,
    custom: true,
    remote: false,
    properties,
    parent: "",
    protect: undefined,
    dependencies: [],
    provider: "",
    propertyDependencies: {},
    deleteBeforeReplace: undefined,
    ignoreChanges: [],
    additionalSecretOutputs: [],
    aliases: [],
    importId: "",
    customTimeouts: noTimeouts,
    replaceOnChanges: [],
    retainOnDelete: undefined,
    deletedWith: "",
    replaceWith: [],
    replacementTrigger: null,
    hideDiffs: [],
  };
}
