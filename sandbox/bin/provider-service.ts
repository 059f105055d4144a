import { type handleUnaryCall, status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import {
  type CheckRequest,
  ConfigureResponse,
  type CreateRequest,
  CreateResponse,
  type DeleteRequest,
  type DiffRequest,
  GetSchemaResponse,
  type InvokeRequest,
  InvokeResponse,
  ProviderHandshakeResponse,
  type ReadRequest,
  ReadResponse,
  type UpdateRequest,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { PropertyMap } from "../../deployment/values/property-value";
import type { Provider } from "../engine/provider";
import {
  checkResponse,
  diffResponse,
  earlierPropertiesOf,
  failureMessages,
  identityOf,
  propertiesOf,
  structOf,
} from "./provider-messages";

/** The Pulumi provider protocol over one emulated provider. What is missing here answers `UNIMPLEMENTED`, as gRPC does by itself. */
export class ProviderService {
  private cancelled = false;

  constructor(
    private readonly provider: Provider,
    /** Of the package's SDK. */
    private readonly version: string,
  ) {}

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
