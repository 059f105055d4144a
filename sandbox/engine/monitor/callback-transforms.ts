import { credentials } from "@grpc/grpc-js";
import { Alias as ProtoAlias } from "@pulumi/pulumi/proto/alias_pb";
import { CallbacksClient } from "@pulumi/pulumi/proto/callback_grpc_pb";
import { type Callback, CallbackInvokeRequest } from "@pulumi/pulumi/proto/callback_pb";
import {
  RegisterResourceRequest,
  TransformInvokeOptions,
  TransformInvokeRequest,
  TransformInvokeResponse,
  TransformRequest,
  TransformResourceOptions,
  TransformResponse,
} from "@pulumi/pulumi/proto/resource_pb";
import { type JavaScriptValue, Struct, Value } from "google-protobuf/google/protobuf/struct_pb";
import type { PropertyMap, PropertyValue } from "../../../deployment/values/property-value";
import { toWire, toWireMap } from "../../../deployment/values/wire-value";
import { PlanError } from "../plan/engine-errors";
import type { Alias, Goal } from "../plan/resource-state";
import { aliasOf, type PluginRequest, propertiesOf, propertyOf, timeoutSeconds } from "./decode-request";

export interface InvokeCall {
  readonly token: string;
  readonly args: PropertyMap;
  readonly provider: string;
  readonly plugin: PluginRequest;
}

/** Calls the transforms that the program registered, which run in the SDK's own callback server. */
export class CallbackTransforms {
  private readonly stackTransforms: Callback[] = [];
  private readonly stackInvokeTransforms: Callback[] = [];
  private readonly clients = new Map<string, CallbacksClient>();

  addStackTransform(callback: Callback): void {
    this.stackTransforms.push(callback);
  }

  addStackInvokeTransform(callback: Callback): void {
    this.stackInvokeTransforms.push(callback);
  }

  /** The resource's own transforms first, then the stack's. */
  async apply(goal: Goal, own: readonly Callback[]): Promise<{ goal: Goal; plugin: Partial<PluginRequest> }> {
    let transformed = goal;
    let plugin: Partial<PluginRequest> = {};
    for (const callback of [...own, ...this.stackTransforms]) {
      const request = transformRequest(transformed, plugin);
      const response = TransformResponse.deserializeBinary(await this.call(callback, request.serializeBinary()));
      const options = response.getOptions();
      const properties = propertiesOf(response.getProperties());
      transformed = { ...(options === undefined ? transformed : withOptions(transformed, options)), properties };
      const propertyDependencies = Object.keys(properties).map((key) => [key, goal.propertyDependencies[key] ?? []]);
      transformed = { ...transformed, propertyDependencies: Object.fromEntries(propertyDependencies) };
      if (options?.getVersion()) plugin = { ...plugin, version: options.getVersion() };
      if (options?.getPluginDownloadUrl()) plugin = { ...plugin, downloadUrl: options.getPluginDownloadUrl() };
    }
    return { goal: transformed, plugin };
  }

  async applyToInvoke(call: InvokeCall): Promise<InvokeCall> {
    let transformed = call;
    for (const callback of this.stackInvokeTransforms) {
      const request = invokeRequest(transformed);
      const response = TransformInvokeResponse.deserializeBinary(await this.call(callback, request.serializeBinary()));
      const options = response.getOptions();
      transformed = {
        ...transformed,
        args: propertiesOf(response.getArgs()),
        provider: options?.getProvider() || transformed.provider,
        plugin: { ...transformed.plugin, version: options?.getVersion() || transformed.plugin.version },
      };
    }
    return transformed;
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
    this.clients.clear();
  }

  private call(callback: Callback, bytes: Uint8Array): Promise<Uint8Array> {
    const request = new CallbackInvokeRequest();
    request.setToken(callback.getToken());
    request.setRequest(bytes);
    return new Promise((resolve, reject) => {
      this.client(callback.getTarget()).invoke(request, (error, response) => {
        if (error === null) resolve(response.getResponse_asU8());
        else reject(new PlanError(error.details));
      });
    });
  }

  private client(target: string): CallbacksClient {
    const known = this.clients.get(target);
    if (known !== undefined) return known;
    const client = new CallbacksClient(target, credentials.createInsecure());
    this.clients.set(target, client);
    return client;
  }
}

function transformRequest(goal: Goal, plugin: Partial<PluginRequest>): TransformRequest {
  const request = new TransformRequest();
  request.setType(goal.type);
  request.setName(goal.name);
  request.setCustom(goal.custom);
  request.setParent(goal.parent);
  request.setProperties(structOf(goal.properties));
  request.setOptions(optionsOf(goal, { version: "", downloadUrl: "", packageRef: "", ...plugin }));
  return request;
}

function invokeRequest({ token, args, provider, plugin }: InvokeCall): TransformInvokeRequest {
  const request = new TransformInvokeRequest();
  request.setToken(token);
  request.setArgs(structOf(args));
  const options = new TransformInvokeOptions();
  options.setProvider(provider);
  options.setVersion(plugin.version);
  request.setOptions(options);
  return request;
}

function structOf(properties: PropertyMap): Struct {
  const plain: { [key: string]: JavaScriptValue } = {};
  for (const [key, value] of Object.entries(toWireMap(properties))) plain[key] = JSON.parse(JSON.stringify(value));
  return Struct.fromJavaScript(plain);
}

function protoValue(value: PropertyValue): Value {
  return Value.fromJavaScript(JSON.parse(JSON.stringify(toWire(value))));
}

/** A goal's options in the form in which transforms get them. */
function optionsOf(goal: Goal, plugin: PluginRequest): TransformResourceOptions {
  const options = new TransformResourceOptions();
  options.setDependsOnList([...goal.dependencies]);
  if (goal.protect !== undefined) options.setProtect(goal.protect);
  options.setIgnoreChangesList([...goal.ignoreChanges]);
  options.setReplaceOnChangesList([...goal.replaceOnChanges]);
  options.setVersion(plugin.version);
  options.setPluginDownloadUrl(plugin.downloadUrl);
  options.setAliasesList(goal.aliases.map(protoAlias));
  options.setProvider(goal.provider);
  options.setCustomTimeouts(protoTimeouts(goal));
  if (goal.retainOnDelete !== undefined) options.setRetainOnDelete(goal.retainOnDelete);
  options.setDeletedWith(goal.deletedWith);
  if (goal.deleteBeforeReplace !== undefined) options.setDeleteBeforeReplace(goal.deleteBeforeReplace);
  options.setAdditionalSecretOutputsList([...goal.additionalSecretOutputs]);
  options.setImport(goal.importId);
  options.setReplaceWithList([...goal.replaceWith]);
  options.setHideDiffList([...goal.hideDiffs]);
  if (goal.replacementTrigger !== null) options.setReplacementTrigger(protoValue(goal.replacementTrigger));
  return options;
}

/** The goal with the options that a transform returned. */
function withOptions(goal: Goal, options: TransformResourceOptions): Goal {
  const timeouts = options.getCustomTimeouts();
  return {
    ...goal,
    dependencies: [...new Set(options.getDependsOnList())],
    protect: options.hasProtect() ? options.getProtect() : undefined,
    ignoreChanges: options.getIgnoreChangesList(),
    replaceOnChanges: options.getReplaceOnChangesList(),
    aliases: options.getAliasesList().map(aliasOf),
    provider: options.getProvider(),
    customTimeouts: {
      create: timeoutSeconds(timeouts?.getCreate() ?? ""),
      update: timeoutSeconds(timeouts?.getUpdate() ?? ""),
      delete: timeoutSeconds(timeouts?.getDelete() ?? ""),
    },
    retainOnDelete: options.hasRetainOnDelete() ? options.getRetainOnDelete() : undefined,
    deletedWith: options.getDeletedWith(),
    deleteBeforeReplace: options.hasDeleteBeforeReplace() ? options.getDeleteBeforeReplace() : undefined,
    additionalSecretOutputs: options.getAdditionalSecretOutputsList(),
    importId: options.getImport(),
    replaceWith: options.getReplaceWithList(),
    replacementTrigger: propertyOf(options.getReplacementTrigger()),
    hideDiffs: options.getHideDiffList(),
  };
}

function protoAlias(alias: Alias): ProtoAlias {
  const proto = new ProtoAlias();
  if (alias.kind === "urn") {
    proto.setUrn(alias.urn);
    return proto;
  }
  const spec = new ProtoAlias.Spec();
  spec.setName(alias.name);
  spec.setType(alias.type);
  spec.setStack(alias.stack);
  spec.setProject(alias.project);
  if (alias.parent.kind === "urn") spec.setParenturn(alias.parent.urn);
  if (alias.parent.kind === "none") spec.setNoparent(true);
  proto.setSpec(spec);
  return proto;
}

function protoTimeouts({ customTimeouts }: Goal): RegisterResourceRequest.CustomTimeouts {
  const proto = new RegisterResourceRequest.CustomTimeouts();
  const text = (seconds: number) => (seconds === 0 ? "" : `${seconds}s`);
  proto.setCreate(text(customTimeouts.create));
  proto.setUpdate(text(customTimeouts.update));
  proto.setDelete(text(customTimeouts.delete));
  return proto;
}
