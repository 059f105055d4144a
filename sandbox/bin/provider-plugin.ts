import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { z } from "zod";
import { emulatedPackages, emulatedProviders } from "../clouds";
import { FaultSchedule, faultyProvider, requestedFaults, retryingProvider } from "../faults/faulty-provider";
import { openWorld } from "../world/open-world";
import { ProviderService } from "./provider-service";

const messageLimit = 400 * 1024 * 1024;
/** As the real engine sets them, in bytes: resources with large archives must fit. */
export const messageLimits = {
  "grpc.max_receive_message_length": messageLimit,
  "grpc.max_send_message_length": messageLimit,
};
/** Milliseconds between looks at whether the engine that started the plugin is still there. */
const parentPoll = 1_000;

/**
 * Runs the provider plugin of a package: serves it on a free port, and prints the port as the first line on standard output, which is
 * how an engine finds it. It ends with the process that started it.
 */
export async function runProviderPlugin(packageName: string): Promise<void> {
  endWithParent();
  let service: ProviderService | undefined;
  // The engine cancels a plugin and then interrupts it, which it waits for. Another interrupt came from a terminal to everyone.
  process.on("SIGINT", () => {
    if (service?.isCancelled === true) process.exit(0);
  });
  try {
    service = await openProvider(packageName, sandboxDirectory(process.cwd(), process.env));
    process.stdout.write(`${await serveOnFreePort(ResourceProviderService, service.handlers())}\n`);
  } catch (error) {
    process.stderr.write(`pulumi-resource-${packageName}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function openProvider(packageName: string, directory: string): Promise<ProviderService> {
  const world = await openWorld(directory);
  const provider = emulatedProviders(world, { onUnmodelledType: reportUnmodelled })(packageName);
  if (provider === undefined) {
    throw new Error(`the sandbox has no cloud for "${packageName}"; it has ${emulatedPackages.join(", ")}`);
  }
  const faults = requestedFaults(process.env);
  const cloud = faults === undefined ? provider : faultyProvider(provider, new FaultSchedule(faults));
  return new ProviderService(retryingProvider(cloud), sdkVersion(packageName));
}

/** Serves over gRPC on the loopback interface and returns the port, as the engine expects it of every plugin. */
export function serveOnFreePort(
  definition: ServiceDefinition,
  handlers: UntypedServiceImplementation,
): Promise<number> {
  const server = new Server(messageLimits);
  server.addService(definition, handlers);
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

function reportUnmodelled(type: string): void {
  process.stderr.write(`the sandbox has no rules for ${type}: it takes any inputs and checks nothing\n`);
}

/** The version of the package's SDK that this project has: what the emulated cloud is modelled on. */
function sdkVersion(packageName: string): string {
  const file = join(__dirname, "..", "..", "node_modules", "@pulumi", packageName, "package.json");
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, "utf8"))).version;
}

/** Ends when the parent is gone: a plugin whose engine was killed would stay for ever. */
export function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0);
  }, parentPoll).unref();
}

/** Says where the world is, when it is not the project's. */
const directoryVariable = "SANDBOX_DIRECTORY";

/**
 * Where the world is that a provider plugin serves: `.sandbox/` beside the `Pulumi.yaml` of the project it was started in, the same
 * that the sandbox's own commands use, or what the environment variable `SANDBOX_DIRECTORY` names.
 */
export function sandboxDirectory(workingDirectory: string, environment: NodeJS.ProcessEnv): string {
  const given = environment[directoryVariable];
  if (given !== undefined && given !== "") return resolve(workingDirectory, given);
  return join(projectAbove(workingDirectory) ?? workingDirectory, ".sandbox");
}

function projectAbove(directory: string): string | undefined {
  if (["Pulumi.yaml", "Pulumi.yml"].some((name) => existsSync(join(directory, name)))) return directory;
  const parent = dirname(directory);
  return parent === directory ? undefined : projectAbove(parent);
}
