import { isJsonObject, type JsonObject } from "../../lib/json-value";

/** What the drift check reads of a resource from the state; the rest comes from engine events. */
export interface DeployedResource {
  readonly urn: string;
  readonly type: string;
  readonly id: string;
  /** Whether the stack manages the resource; false for one that it only reads. */
  readonly owned: boolean;
  readonly outputs: JsonObject;
  readonly dependencies: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
}

/**
 * The resources of a state that either engine exported; empty for a stack that was never deployed.
 *
 * @throws when it is not an exported state: taking it for empty would report every resource as unmanaged
 */
export function readDeployedResources(exported: unknown): readonly DeployedResource[] {
  if (exported === undefined) return [];
  const deployment = isJsonObject(exported) ? exported.deployment : undefined;
  const resources = isJsonObject(deployment) ? (deployment.resources ?? []) : undefined;
  if (!Array.isArray(resources)) throw new Error("the exported state holds no deployment");
  return resources.filter(isJsonObject).map(parseDeployedResource);
}

function parseDeployedResource(state: JsonObject): DeployedResource {
  const dependencies = isJsonObject(state.propertyDependencies) ? state.propertyDependencies : {};
  return {
    urn: text(state.urn),
    type: text(state.type),
    id: text(state.id),
    owned: state.custom === true && state.external !== true && !text(state.type).startsWith("pulumi:"),
    outputs: isJsonObject(state.outputs) ? state.outputs : {},
    dependencies: texts(state.dependencies),
    propertyDependencies: Object.fromEntries(Object.entries(dependencies).map(([key, urns]) => [key, texts(urns)])),
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
