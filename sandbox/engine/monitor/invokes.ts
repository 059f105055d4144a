import type { ResourceInvokeRequest } from "@pulumi/pulumi/proto/resource_pb";
import type { PropertyMap } from "../../../deployment/values/property-value";
import type { Deployment } from "../plan/deployment";
import { MonitorShutDown, messageOf, PlanError } from "../plan/engine-errors";
import type { InvokeResult } from "../provider";
import type { CallbackTransforms } from "./callback-transforms";
import { propertiesOf } from "./decode-request";
import type { DefaultProviders } from "./default-providers";

const getResourceToken = "pulumi:pulumi:getResource";

/** Function calls of the program: `getZone`, and the engine's own look-up of registered resources. */
export class Invokes {
  constructor(
    private readonly deployment: Deployment,
    private readonly defaults: DefaultProviders,
  ) {}

  async invoke(request: ResourceInvokeRequest, transforms: CallbackTransforms): Promise<InvokeResult> {
    if (this.deployment.stopReason !== undefined) throw new MonitorShutDown();
    const token = request.getTok();
    const args = propertiesOf(request.getArgs());
    if (token === getResourceToken) return { result: this.registeredResource(args), failures: [] };
    const asked = {
      version: request.getVersion(),
      downloadUrl: request.getPlugindownloadurl(),
      packageRef: request.getPackageref?.() ?? "",
    };
    const call = await transforms.applyToInvoke({ token, args, provider: request.getProvider(), plugin: asked });
    const provider = call.provider || (await this.defaults.referenceFor(token, call.plugin));
    const client = await this.deployment.context.providers.get(provider);
    if (client === undefined) throw new PlanError(`unknown provider '${provider}' for function ${token}`);
    try {
      return await client.invoke({ token, args: call.args, preview: this.deployment.context.dryRun });
    } catch (error) {
      throw new PlanError(`invocation of ${token} returned an error: ${messageOf(error)}`);
    }
  }

  private registeredResource(args: PropertyMap): PropertyMap {
    const urn = typeof args.urn === "string" ? args.urn : "";
    const state = this.deployment.current.get(urn);
    if (state === undefined) throw new PlanError(`unknown resource ${urn}`);
    return { urn, id: state.id, state: state.outputs };
  }
}
