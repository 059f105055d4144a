import { Client, credentials, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import { AnalyzerService } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import { AnalyzerStackConfigureRequest } from "@pulumi/pulumi/proto/analyzer_pb";
import { messageLimits, serveOnFreePort } from "../../sandbox/bin/provider-plugin";

type Environment = Readonly<Record<string, string>>;

/**
 * Stands between the engine and a policy pack: the engine tells a pack the stack's configuration in a call, the SDK's
 * `cmd/run-policy-pack` reads it from its environment when it starts. So this answers the engine at once, starts the pack when the
 * configuration comes, and hands every other message on as it is.
 */
export class PolicyPackProxy {
  private client: Promise<Client> | undefined;

  /** @param start starts the pack with the configuration in its environment, and gives the port that it serves on */
  constructor(private readonly start: (configuration: Environment) => Promise<string>) {}

  /** The port it serves on. */
  serve(): Promise<number> {
    const methods = Object.values(AnalyzerService);
    const definition = methods.map((method) => [method.path, { ...method, ...unread }]);
    const handlers = methods.map(({ path }) => [path, this.handler(path)]);
    return serveOnFreePort(Object.fromEntries(definition), Object.fromEntries(handlers));
  }

  private handler(path: string) {
    return async (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): Promise<void> => {
      if (path === AnalyzerService.handshake.path) return callback(null, Buffer.alloc(0));
      const isConfiguration = path === AnalyzerService.configureStack.path;
      try {
        // Some commands, such as `pulumi policy publish`, have no stack to tell of.
        this.client ??= this.connect(isConfiguration ? configurationEnvironment(call.request) : {});
        const client = await this.client;
        client.makeUnaryRequest(path, asIs, asIs, call.request, (error, response) => {
          const isOld = isConfiguration && error?.code === status.UNIMPLEMENTED;
          callback(isOld ? null : error, isOld ? Buffer.alloc(0) : response);
        });
      } catch (error) {
        callback({ code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
      }
    };
  }

  private async connect(configuration: Environment): Promise<Client> {
    const port = await this.start(configuration);
    return new Client(`127.0.0.1:${port}`, credentials.createInsecure(), messageLimits);
  }
}

function asIs(message: Buffer): Buffer {
  return message;
}

/** What makes gRPC hand on messages without reading them. */
const unread = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };

function configurationEnvironment(message: Buffer): Environment {
  const request = AnalyzerStackConfigureRequest.deserializeBinary(message);
  return {
    PULUMI_NODEJS_ORGANIZATION: request.getOrganization(),
    PULUMI_NODEJS_PROJECT: request.getProject(),
    PULUMI_NODEJS_STACK: request.getStack(),
    PULUMI_NODEJS_DRY_RUN: String(request.getDryRun()),
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toObject(true))),
  };
}
