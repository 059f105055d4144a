import { type handleUnaryCall, status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import {
  CheckFailure as CheckFailureMessage,
  type CheckRequest,
  CheckResponse,
  ConfigureResponse,
  type CreateRequest,
  CreateResponse,
  type DeleteRequest,
  type DiffRequest,
  DiffResponse,
  GetSchemaResponse,
  type InvokeRequest,
  InvokeResponse,
  PropertyDiff as PropertyDiffMessage,
  ProviderHandshakeResponse,
  type ReadRequest,
  ReadResponse,
  type UpdateRequest,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { PropertyMap } from "../../deployment/values/property-value";
import { fromWireMap, toWireMap } from "../../deployment/values/wire-value";
import { isJsonObject, type JsonValue } from "../../lib/json-value";
import type * as protocol from "../engine/provider";

/** The Pulumi provider protocol over one emulated provider. What is missing here answers `UNIMPLEMENTED`, as gRPC does by itself. */
export class ProviderService {
  private cancelled = false;

  constructor(
    private readonly provider: protocol.Provider,
    /** Of the package's SDK. */
    private readonly version: string,
  ) {}

  /** Whether the engine has said that it ends. */
  get isCancelled(): boolean {
    return this.cancelled;
  }

  handlers(): UntypedServiceImplementation {
    return {
      handshake: answer(async () => this.handshake()),
      getPluginInfo: answer(async () => new PluginInfo().setVersion(this.version)),
      getSchema: answer(async () => new GetSchemaResponse().setSchema("{}")),
      attach: answer(async () => new Empty()),
      cancel: answer(async () => {
        this.cancelled = true;
        return new Empty();
      }),
      checkConfig: answer((request: CheckRequest) => this.checkConfig(request)),
      diffConfig: answer((request: DiffRequest) => this.diffConfig(request)),
      configure: answer((request: { getArgs(): Parameters<typeof propertiesOf>[0] }) => this.configure(request)),
      check: answer((request: CheckRequest) => this.check(request)),
      diff: answer((request: DiffRequest) => this.diff(request)),
      create: answer((request: CreateRequest) => this.create(request)),
      read: answer((request: ReadRequest) => this.read(request)),
      update: answer((request: UpdateRequest) => this.update(request)),
      delete: answer((request: DeleteRequest) => this.delete(request)),
      invoke: answer((request: InvokeRequest) => this.invoke(request)),
    };
  }

  private handshake(): ProviderHandshakeResponse {
    const response = new ProviderHandshakeResponse();
    response.setAcceptSecrets(this.provider.acceptsSecrets);
    return response;
  }

  private async checkConfig(request: CheckRequest) {
    const inputs = propertiesOf(request.getNews());
    const oldInputs = earlierPropertiesOf(request.getOlds());
    return checkResponse(await this.provider.checkConfig({ urn: request.getUrn(), inputs, oldInputs }));
  }

  private async diffConfig(request: DiffRequest) {
    return diffResponse(
      await this.provider.diffConfig({
        urn: request.getUrn(),
        inputs: propertiesOf(request.getNews()),
        oldInputs: propertiesOf(request.getOldInputs() ?? request.getOlds()),
        oldOutputs: propertiesOf(request.getOlds()),
      }),
    );
  }

  private async configure(request: { getArgs(): Parameters<typeof propertiesOf>[0] }) {
    await this.provider.configure(propertiesOf(request.getArgs()));
    const response = new ConfigureResponse();
    response.setAcceptsecrets(this.provider.acceptsSecrets);
    response.setSupportspreview(true);
    return response;
  }

  private async check(request: CheckRequest) {
    return checkResponse(
      await this.provider.check({
        ...identityOf(request),
        inputs: propertiesOf(request.getNews()),
        oldInputs: earlierPropertiesOf(request.getOlds()),
        randomSeed: request.getRandomseed_asU8(),
      }),
    );
  }

  private async diff(request: DiffRequest) {
    return diffResponse(
      await this.provider.diff({
        ...identityOf(request),
        id: request.getId(),
        inputs: propertiesOf(request.getNews()),
        oldInputs: propertiesOf(request.getOldInputs()),
        oldOutputs: propertiesOf(request.getOlds()),
        ignoreChanges: request.getIgnorechangesList(),
      }),
    );
  }

  private async create(request: CreateRequest) {
    if (!request.getPreview()) this.refuseWhenCancelled();
    const { id, outputs } = await this.provider.create({
      ...identityOf(request),
      inputs: propertiesOf(request.getProperties()),
      preview: request.getPreview(),
      timeout: request.getTimeout(),
    });
    return new CreateResponse().setId(id).setProperties(structOf(outputs));
  }

  private async read(request: ReadRequest) {
    const found = await this.provider.read({
      ...identityOf(request),
      id: request.getId(),
      inputs: propertiesOf(request.getInputs()),
      outputs: propertiesOf(request.getProperties()),
    });
    // An answer without an id says that nothing is there.
    if (found === undefined) return new ReadResponse();
    return new ReadResponse().setId(found.id).setInputs(structOf(found.inputs)).setProperties(structOf(found.outputs));
  }

  private async update(request: UpdateRequest) {
    if (!request.getPreview()) this.refuseWhenCancelled();
    const outputs: PropertyMap = await this.provider.update({
      ...identityOf(request),
      id: request.getId(),
      inputs: propertiesOf(request.getNews()),
      oldInputs: propertiesOf(request.getOldInputs()),
      oldOutputs: propertiesOf(request.getOlds()),
      ignoreChanges: request.getIgnorechangesList(),
      preview: request.getPreview(),
      timeout: request.getTimeout(),
    });
    return new UpdateResponse().setProperties(structOf(outputs));
  }

  private async delete(request: DeleteRequest) {
    this.refuseWhenCancelled();
    await this.provider.delete({
      ...identityOf(request),
      id: request.getId(),
      inputs: propertiesOf(request.getOldInputs()),
      outputs: propertiesOf(request.getProperties()),
      timeout: request.getTimeout(),
    });
    return new Empty();
  }

  private async invoke(request: InvokeRequest) {
    const { result, failures } = await this.provider.invoke({
      token: request.getTok(),
      args: propertiesOf(request.getArgs()),
      preview: request.getPreview(),
    });
    const response = new InvokeResponse();
    response.setReturn(structOf(result));
    response.setFailuresList(failureMessages(failures));
    return response;
  }

  private refuseWhenCancelled(): void {
    if (this.cancelled) throw new OperationCancelled();
  }
}

class OperationCancelled extends Error {
  constructor() {
    super("the operation was cancelled");
  }
}

/** A gRPC handler; what it throws becomes a status with the error's message, as plugins written in Go do it. */
function answer<Request, Response>(
  handle: (request: Request) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    handle(call.request).then(
      (response) => callback(null, response),
      (error: unknown) => {
        const code = error instanceof OperationCancelled ? status.CANCELLED : status.UNKNOWN;
        callback({ code, details: error instanceof Error ? error.message : String(error) });
      },
    );
  };
}

/** Reads properties that the engine sent; none are an empty map. */
function propertiesOf(struct: Struct | undefined): PropertyMap {
  const plain: unknown = struct?.toJavaScript();
  return isJsonObject(plain) ? fromWireMap(plain) : {};
}

/** As {@link propertiesOf}, where the engine sends an empty map for "there were none". */
function earlierPropertiesOf(struct: Struct | undefined): PropertyMap | undefined {
  const properties = propertiesOf(struct);
  return Object.keys(properties).length === 0 ? undefined : properties;
}

function structOf(properties: PropertyMap): Struct {
  const wire: { [key: string]: JsonValue } = { ...toWireMap(properties) };
  return Struct.fromJavaScript(wire);
}

interface IdentifiedRequest {
  getUrn(): string;
  getName(): string;
  getType(): string;
}

/** Which resource a request is about. Older engines send the URN alone; it holds the other two. */
function identityOf(request: IdentifiedRequest): protocol.ResourceIdentity {
  const urn = request.getUrn();
  const [, , qualifiedType = "", ...name] = urn.split("::");
  return {
    urn,
    type: request.getType() || qualifiedType.slice(qualifiedType.lastIndexOf("$") + 1),
    name: request.getName() || name.join("::"),
  };
}

function failureMessages(failures: readonly protocol.CheckFailure[]): CheckFailureMessage[] {
  return failures.map(({ property, reason }) => {
    const message = new CheckFailureMessage();
    message.setProperty(property);
    message.setReason(reason);
    return message;
  });
}

function checkResponse({ inputs, failures }: protocol.CheckResult): CheckResponse {
  const response = new CheckResponse();
  response.setInputs(structOf(inputs));
  response.setFailuresList(failureMessages(failures));
  return response;
}

const changesInMessage = {
  unknown: DiffResponse.DiffChanges.DIFF_UNKNOWN,
  none: DiffResponse.DiffChanges.DIFF_NONE,
  some: DiffResponse.DiffChanges.DIFF_SOME,
} as const;

const kindInMessage: Readonly<Record<protocol.PropertyDiffKind, PropertyDiffMessage.Kind>> = {
  add: PropertyDiffMessage.Kind.ADD,
  "add-replace": PropertyDiffMessage.Kind.ADD_REPLACE,
  delete: PropertyDiffMessage.Kind.DELETE,
  "delete-replace": PropertyDiffMessage.Kind.DELETE_REPLACE,
  update: PropertyDiffMessage.Kind.UPDATE,
  "update-replace": PropertyDiffMessage.Kind.UPDATE_REPLACE,
};

function diffResponse(result: protocol.DiffResult): DiffResponse {
  const response = new DiffResponse();
  response.setChanges(changesInMessage[result.changes]);
  response.setDiffsList([...result.diffs]);
  response.setReplacesList([...result.replaces]);
  response.setStablesList([...result.stables]);
  response.setDeletebeforereplace(result.deleteBeforeReplace);
  response.setHasdetaileddiff(result.detailedDiff !== undefined);
  for (const [path, { kind, inputDiff }] of Object.entries(result.detailedDiff ?? {})) {
    const difference = new PropertyDiffMessage();
    difference.setKind(kindInMessage[kind]);
    difference.setInputdiff(inputDiff);
    response.getDetaileddiffMap().set(path, difference);
  }
  return response;
}
