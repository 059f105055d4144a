import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  CheckRequest,
  type CheckResponse,
  ConfigureRequest,
  type ConfigureResponse,
  CreateRequest,
  type CreateResponse,
  DeleteRequest,
  DiffRequest,
  type DiffResponse,
  InvokeRequest,
  type InvokeResponse,
  ReadRequest,
  type ReadResponse,
  UpdateRequest,
  type UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

type Json = Parameters<typeof Struct.fromJavaScript>[0];

/** A provider plugin in a process of its own, started as an engine starts it, and a client that speaks to it. */
export class PluginProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly client: ResourceProviderClient,
  ) {}

  /** @param directory where the world is */
  static async start(packageName: string, directory: string): Promise<PluginProcess> {
    const script = join(__dirname, "../../../sandbox/bin", `pulumi-resource-${packageName}`);
    const child = spawn(process.execPath, [script, "127.0.0.1:1"], {
      env: { ...process.env, SANDBOX_DIRECTORY: directory },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const port = await firstLine(child);
    return new PluginProcess(child, new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure()));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Interrupts it, as an engine that has cancelled it. Resolves when it has ended. */
  async interrupt(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGINT");
    await ended;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    this.client.close();
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await ended;
  }

  configure(args: Json): Promise<ConfigureResponse> {
    const request = new ConfigureRequest().setArgs(Struct.fromJavaScript(args));
    return call((done) => this.client.configure(request, done));
  }

  check(type: string, inputs: Json): Promise<CheckResponse> {
    const request = new CheckRequest().setUrn(urnOf(type)).setNews(Struct.fromJavaScript(inputs)).setRandomseed("AQID");
    return call((done) => this.client.check(request, done));
  }

  create(type: string, inputs: Json, preview = false): Promise<CreateResponse> {
    const request = new CreateRequest()
      .setUrn(urnOf(type))
      .setProperties(Struct.fromJavaScript(inputs))
      .setPreview(preview);
    return call((done) => this.client.create(request, done));
  }

  diff(type: string, id: string, oldInputs: Json, inputs: Json): Promise<DiffResponse> {
    const request = new DiffRequest().setUrn(urnOf(type)).setId(id);
    request.setOldInputs(Struct.fromJavaScript(oldInputs)).setOlds(Struct.fromJavaScript(oldInputs));
    request.setNews(Struct.fromJavaScript(inputs));
    return call((done) => this.client.diff(request, done));
  }

  read(type: string, id: string, inputs: Json = {}, outputs: Json = {}): Promise<ReadResponse> {
    const request = new ReadRequest().setUrn(urnOf(type)).setId(id);
    request.setInputs(Struct.fromJavaScript(inputs)).setProperties(Struct.fromJavaScript(outputs));
    return call((done) => this.client.read(request, done));
  }

  update(type: string, id: string, oldInputs: Json, inputs: Json): Promise<UpdateResponse> {
    const request = new UpdateRequest().setUrn(urnOf(type)).setId(id);
    request.setOldInputs(Struct.fromJavaScript(oldInputs)).setOlds(Struct.fromJavaScript(oldInputs));
    request.setNews(Struct.fromJavaScript(inputs));
    return call((done) => this.client.update(request, done));
  }

  delete(type: string, id: string, inputs: Json): Promise<unknown> {
    const request = new DeleteRequest().setUrn(urnOf(type)).setId(id);
    request.setOldInputs(Struct.fromJavaScript(inputs)).setProperties(Struct.fromJavaScript(inputs));
    return call((done) => this.client.delete(request, done));
  }

  invoke(token: string, args: Json): Promise<InvokeResponse> {
    const request = new InvokeRequest().setTok(token).setArgs(Struct.fromJavaScript(args));
    return call((done) => this.client.invoke(request, done));
  }
}

export function urnOf(type: string): string {
  return `urn:pulumi:test::plugins::${type}::thing`;
}

/** One unary call as a promise. */
export function call<Response>(
  start: (done: (error: ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    start((error, response) => (error === null ? resolve(response) : reject(error)));
  });
}

function firstLine(child: ChildProcess): Promise<string> {
  const { stdout } = child;
  if (stdout === null) throw new Error("the plugin has no standard output");
  return new Promise((resolve, reject) => {
    createInterface({ input: stdout }).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`the plugin ended with ${code} before it printed a port`)));
  });
}
