import { type ClientUnaryCall, credentials, type ServiceError } from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import {
  type AnalyzeResponse,
  type AnalyzerInfo,
  AnalyzerStackConfigureRequest,
  EnforcementLevel,
  type PolicyInfo,
  PolicyType,
  type RemediateResponse,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { PropertyMap } from "../values/property-value";
import { analyzeRequest, analyzeStackRequest, policyResult, remediationReport } from "./analyzer-messages";
import { decodeFromAnalyzer } from "./analyzer-properties";
import type {
  AnalyzedResource,
  PolicyAnalyzer,
  PolicyPackContext,
  PolicyResult,
  RemediationResult,
} from "./policy-analyzer";
import { PolicyPackError } from "./policy-pack-error";
import { type PolicyPackManifest, readPolicyPackManifest } from "./policy-pack-manifest";
import { PolicyPackProcess } from "./policy-pack-process";

/** As the real engine sets it: resources with large archives must fit. */
const messageLimit = 400 * 1024 * 1024;
/** grpc's status code of a call that the server does not have. */
const unimplemented = 12;

interface PackInfo {
  readonly name: string;
  readonly version: string;
  readonly resourcePolicies: readonly string[];
  readonly stackPolicies: readonly string[];
}

/** Any CrossGuard pack, run in a process of its own and asked over the Analyzer protocol, as the real engine does it. */
export class AnalyzerProcess implements PolicyAnalyzer {
  readonly packName: string;
  readonly packVersion: string;
  readonly packLabel: string;

  private constructor(
    private readonly manifest: PolicyPackManifest,
    private readonly process: PolicyPackProcess,
    private readonly client: AnalyzerClient,
    private readonly info: PackInfo,
  ) {
    this.packName = info.name;
    this.packVersion = manifest.version ?? info.version;
    this.packLabel = `${info.name}|local|${manifest.givenAs}`;
  }

  /**
   * Starts a pack.
   *
   * @param directory where its `PulumiPolicy.yaml` is; relative to the working directory
   * @param context what it may know of the run; without it the SDK in the pack knows no project or stack
   * @throws PolicyPackError when it does not load: nothing may be deployed then
   */
  static async start(directory: string, context?: PolicyPackContext): Promise<AnalyzerProcess> {
    const manifest = readPolicyPackManifest(directory);
    const { process, port } = await PolicyPackProcess.start(manifest, context);
    const client = new AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": messageLimit,
      "grpc.max_send_message_length": messageLimit,
    });
    try {
      if (context !== undefined) await configureStack(client, context);
      return new AnalyzerProcess(manifest, process, client, await readPackInfo(client));
    } catch (error) {
      client.close();
      await process.stop();
      const reason = error instanceof Error ? error.message : String(error);
      throw new PolicyPackError(directory, "load", `policy pack ${directory} failed to load: ${reason}`);
    }
  }

  /** The pack's process id. */
  get pid(): number | undefined {
    return this.process.pid;
  }

  async remediate(resource: AnalyzedResource): Promise<RemediationResult> {
    const response = await this.ask<RemediateResponse>("run remediation", (done) =>
      this.client.remediate(analyzeRequest(resource, "keep"), done),
    );
    let properties: PropertyMap = resource.properties;
    const remediations = response.getRemediationsList().flatMap((remediation) => {
      const after = remediation.getProperties();
      if (after === undefined) return [];
      const before = properties;
      properties = decodeFromAnalyzer(after);
      return [{ policyName: remediation.getPolicyname(), before, after: properties }];
    });
    return { properties, remediations, ...remediationReport(response, this.info.resourcePolicies) };
  }

  async analyze(resource: AnalyzedResource): Promise<PolicyResult> {
    const request = analyzeRequest(resource, "skip");
    const response = await this.ask<AnalyzeResponse>("run policy", (done) => this.client.analyze(request, done));
    return policyResult(response, this.info.resourcePolicies);
  }

  async analyzeStack(resources: readonly AnalyzedResource[]): Promise<PolicyResult> {
    const request = analyzeStackRequest(resources);
    const response = await this.ask<AnalyzeResponse>("run stack policy", (done) =>
      this.client.analyzeStack(request, done),
    );
    return policyResult(response, this.info.stackPolicies);
  }

  async close(): Promise<void> {
    this.client.close();
    await this.process.stop();
  }

  /** A policy that throws fails the run, and so does a pack that died: neither counts as passed. */
  private async ask<Response>(what: string, call: UnaryCall<Response>): Promise<Response> {
    try {
      return await unary(call);
    } catch (error) {
      const reason = isServiceError(error) ? error.details : String(error);
      const output = this.process.hasEnded ? `\nthe pack's process has ended: ${this.process.lastErrors}` : "";
      throw new PolicyPackError(this.manifest.givenAs, "run", `failed to ${what}: ${reason}${output}`);
    }
  }
}

async function readPackInfo(client: AnalyzerClient): Promise<PackInfo> {
  const info = await unary<AnalyzerInfo>((done) => client.getAnalyzerInfo(new Empty(), done));
  const enabled = info
    .getPoliciesList()
    .filter((policy) => policy.getEnforcementlevel() !== EnforcementLevel.DISABLED)
    .toSorted((left, right) => (left.getName() < right.getName() ? -1 : 1));
  return {
    name: info.getName(),
    version: info.getVersion(),
    resourcePolicies: namesOf(enabled, PolicyType.POLICY_TYPE_RESOURCE),
    stackPolicies: namesOf(enabled, PolicyType.POLICY_TYPE_STACK),
  };
}

/** Packs made with old SDKs do not tell the kind; such policies count as both, as in the real engine. */
function namesOf(policies: readonly PolicyInfo[], kind: PolicyType): readonly string[] {
  const kinds = [kind, PolicyType.POLICY_TYPE_UNKNOWN];
  return policies.filter((policy) => kinds.includes(policy.getPolicyType())).map((policy) => policy.getName());
}

async function configureStack(client: AnalyzerClient, context: PolicyPackContext): Promise<void> {
  const request = new AnalyzerStackConfigureRequest()
    .setOrganization(context.organization)
    .setProject(context.project)
    .setStack(context.stack)
    .setDryRun(context.dryRun);
  for (const [key, value] of context.config) request.getConfigMap().set(key, value);
  try {
    await unary((done) => client.configureStack(request, done));
  } catch (error) {
    // Packs made with old SDKs do not have the call.
    if (!isServiceError(error) || error.code !== unimplemented) throw error;
  }
}

type UnaryCall<Response> = (done: (error: ServiceError | null, response: Response) => void) => ClientUnaryCall;

function unary<Response>(call: UnaryCall<Response>): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => (error === null ? resolve(response) : reject(error)));
  });
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error;
}
