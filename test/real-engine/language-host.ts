import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  type handleUnaryCall,
  type ServerWritableStream,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import {
  LanguageHandshakeResponse,
  type ProgramInfo,
  type RunPluginRequest,
  RunPluginResponse,
  type RunRequest,
  RunResponse,
} from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { version } from "@pulumi/pulumi/version";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { endWithParent, serveOnFreePort } from "../../sandbox/bin/provider-plugin";
import { PolicyPackProxy } from "./policy-pack-proxy";

/** With this exit code `cmd/run` of the SDK says that it told the user already what is wrong. */
const failureIsTold = 32;

/**
 * Runs a language host as the Pulumi engine expects one: it serves on a free port, prints the port as its first line, and runs programs
 * and policy packs with the SDK's own `cmd/run` and `cmd/run-policy-pack`. What Pulumi's own `pulumi-language-nodejs` does beside that
 * (install dependencies, make SDKs, debug, answer synchronous invokes of old SDKs) is left out: the engine is told `UNIMPLEMENTED`.
 */
export async function runLanguageHost(args: readonly string[]): Promise<void> {
  endWithParent();
  const host = new LanguageHost(args.at(-1) ?? "");
  process.on("SIGINT", () => {
    host.cancel();
    process.exit(0);
  });
  process.stdout.write(`${await serveOnFreePort(LanguageRuntimeService, host.handlers())}\n`);
}

class LanguageHost {
  private readonly children = new Set<ChildProcess>();

  constructor(private readonly engineAddress: string) {}

  handlers(): UntypedServiceImplementation {
    return {
      handshake: answer(async () => new LanguageHandshakeResponse()),
      getPluginInfo: answer(async () => new PluginInfo().setVersion(version)),
      run: answer((request: RunRequest) => this.runProgram(request)),
      runPlugin: (call: ServerWritableStream<RunPluginRequest, RunPluginResponse>) => this.runPolicyPack(call),
      cancel: answer(async () => {
        this.cancel();
        return new Empty();
      }),
    };
  }

  cancel(): void {
    for (const child of this.children) child.kill("SIGINT");
  }

  private async runProgram(request: RunRequest): Promise<RunResponse> {
    const info = programInfo(request);
    const options = { monitor: request.getMonitorAddress(), engine: this.engineAddress, ...programOptions(request) };
    const child = this.start(
      [
        ...nodeArguments(info),
        moduleOf(info, "@pulumi/pulumi/cmd/run"),
        ...Object.entries(options).flatMap(([name, value]) => (value === "" ? [] : [`--${name}`, value])),
        ...(request.getDryrun() ? ["--dry-run"] : []),
        info.getEntryPoint(),
        ...request.getArgsList(),
      ],
      { ...process.env, ...programEnvironment(request) },
      "inherit",
    );
    const { exitCode, reason } = await ended(child);
    if (exitCode === 0) return new RunResponse();
    if (exitCode === failureIsTold) return new RunResponse().setBail(true);
    return new RunResponse().setError(reason ?? `Program exited with non-zero exit code: ${exitCode}`);
  }

  /** Starts a pack once the engine has told it the stack's configuration: `cmd/run-policy-pack` reads that from its environment. */
  private async runPolicyPack(call: ServerWritableStream<RunPluginRequest, RunPluginResponse>): Promise<void> {
    const info = programInfo(call.request);
    if (call.request.getKind() !== "analyzer") {
      call.emit("error", {
        code: status.UNIMPLEMENTED,
        details: "this language host runs programs and policy packs only",
      });
      return;
    }
    const tell = (line: string) => call.write(new RunPluginResponse().setStdout(Buffer.from(`${line}\n`)));
    const given = Object.fromEntries(call.request.getEnvList().map((pair) => pair.split(/=(.*)/s, 2)));
    const pack = new PolicyPackProxy(async (configuration) => {
      const directory = info.getProgramDirectory();
      const child = this.start(
        [moduleOf(info, "@pulumi/pulumi/cmd/run-policy-pack"), ...call.request.getArgsList(), directory],
        { ...given, ...configuration },
        "pipe",
        directory,
      );
      call.on("cancelled", () => child.kill());
      child.stderr?.on("data", (data: Buffer) => call.write(new RunPluginResponse().setStderr(data)));
      void ended(child).then(({ exitCode }) => {
        call.write(new RunPluginResponse().setExitcode(exitCode));
        call.end();
      });
      return firstLine(child, tell);
    });
    tell(String(await pack.serve()));
  }

  private start(args: string[], env: NodeJS.ProcessEnv, output: "inherit" | "pipe", cwd?: string): ChildProcess {
    const child = spawn(process.execPath, args, {
      env,
      stdio: ["ignore", output, output],
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.children.add(child);
    child.once("close", () => this.children.delete(child));
    return child;
  }
}

function programInfo(request: RunRequest | RunPluginRequest): ProgramInfo {
  const info = request.getInfo();
  if (info === undefined) throw new Error("the engine does not say where the program is");
  return info;
}

/** Arguments of `cmd/run`; it is not told those that are empty. */
function programOptions(request: RunRequest): Readonly<Record<string, string>> {
  const info = programInfo(request);
  return {
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": info.getRootDirectory(),
    stack: request.getStack(),
    pwd: info.getProgramDirectory(),
    parallel: String(request.getParallel()),
  };
}

function programEnvironment(request: RunRequest): Readonly<Record<string, string>> {
  // The SDK reads a key as it was written first: `namespace:config:name`.
  const config = Object.fromEntries(
    request
      .getConfigMap()
      .toObject(true)
      .map(([key, value]) => [key.replace(/^([^:]+):(?:config:)?/, "$1:config:"), value]),
  );
  const typescript = optionsOf(programInfo(request)).typescript !== false;
  return {
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    ...(typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
  };
}

/** `nodeargs` of Pulumi.yaml. The engine hands them on for programs only. */
function nodeArguments(info: ProgramInfo): readonly string[] {
  const { nodeargs } = optionsOf(info);
  return typeof nodeargs === "string" ? nodeargs.split(/\s+/).filter((arg) => arg !== "") : [];
}

function optionsOf(info: ProgramInfo): Readonly<Record<string, unknown>> {
  return info.getOptions()?.toJavaScript() ?? {};
}

/** The program's own copy of the SDK. */
function moduleOf(info: ProgramInfo, name: string): string {
  return createRequire(join(info.getProgramDirectory(), "program.js")).resolve(name);
}

interface Ending {
  readonly exitCode: number;
  /** Why it could not be started. */
  readonly reason?: string;
}

function ended(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ exitCode: 1, reason: error.message }));
    child.once("close", (code) => resolve({ exitCode: code ?? 1 }));
  });
}

/** The first line that a child writes; the others are told. */
function firstLine(child: ChildProcess, tell: (line: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.stdout === null) throw new Error("the policy pack's output is not read");
    const lines = createInterface(child.stdout);
    lines.once("line", (line) => {
      resolve(line);
      lines.on("line", tell);
    });
    lines.once("close", () => reject(new Error("the policy pack ended before it said its port")));
  });
}

function answer<Request, Response>(
  handle: (request: Request) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    handle(call.request).then(
      (response) => callback(null, response),
      (error: unknown) => {
        callback({ code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
      },
    );
  };
}
