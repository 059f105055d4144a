import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import {
  CommandError,
  ConcurrentUpdateError,
  LocalWorkspace,
  PulumiCommand,
  type EngineEvent as SdkEngineEvent,
  type Stack,
  StackNotFoundError,
} from "@pulumi/pulumi/automation";
import { valueAt } from "../../lib/property-path";
import { OperationLog } from "../display/operation-log";
import type { EngineEvent } from "../engine-event";
import type { OperationKind, OperationResult } from "../operation";
import { PositionedYaml } from "../project/positioned-yaml";
import { environmentSecrets } from "../values/secret-texts";
import { installationAdvice, PulumiCliError, RemoteStackNotFoundError, StackBusyError } from "./automation-errors";
import { LostProtection, ProtectionRefusals } from "./lost-protection";
import { PathPlugins } from "./path-plugins";
import { runPulumi } from "./run-pulumi";

export interface PulumiOperation {
  readonly kind: OperationKind;
  readonly previewOnly: boolean;
  readonly targets: readonly string[];
  /** For `destroy`: URNs that are deleted although they are protected. What survives is protected again. Default: none. */
  readonly unprotected?: readonly string[];
  readonly policyPacks: readonly string[];
  /** Whether a failure of an update or a destroy leaves alone what does not need what failed. Default: false. */
  readonly continueOnError?: boolean;
  readonly emit: (event: EngineEvent) => void;
  readonly signal: AbortSignal;
}

/** A stack on the real engine, through the Automation API and the `pulumi` on the PATH. */
export class PulumiStack {
  private readonly lostProtection: LostProtection;
  /** Pulumi masks secrets in its events where they stand as they are; escaped, encoded or broken into lines they are found here. */
  private readonly secrets = environmentSecrets();

  private constructor(
    readonly stack: Stack,
    private readonly directory: string,
  ) {
    this.lostProtection = new LostProtection(directory, stack.name);
  }

  /**
   * Selects a stack of the project in `directory`.
   *
   * @throws {@link PulumiCliError} without a usable `pulumi`, {@link RemoteStackNotFoundError} for a stack the backend does not have
   */
  static async select(directory: string, name: string): Promise<PulumiStack> {
    const pulumiCommand = await findPulumi();
    try {
      const stack = await LocalWorkspace.selectStack({ stackName: name, workDir: directory }, { pulumiCommand });
      return new PulumiStack(stack, directory);
    } catch (error) {
      if (error instanceof StackNotFoundError) {
        const advice = `To make it: pulumi stack init ${name}`;
        throw new RemoteStackNotFoundError(`the backend has no stack "${name}". ${advice}`, { cause: error });
      }
      const failure = new Error(`the stack cannot be selected: ${commandText(error)}`, { cause: error });
      throw environmentSecrets().maskedError(failure);
    }
  }

  /**
   * Selects a stack, and makes it if the backend does not have it, with the secrets provider that its file names.
   *
   * @throws as {@link select}, but for a stack that is not there
   */
  static async selectOrMake(directory: string, name: string): Promise<PulumiStack> {
    try {
      return await PulumiStack.select(directory, name);
    } catch (error) {
      if (!(error instanceof RemoteStackNotFoundError)) throw error;
    }
    const provider = secretsProviderOf(join(directory, `Pulumi.${name}.yaml`));
    const options = provider === undefined ? [] : ["--secrets-provider", provider];
    await runPulumi(directory, ["stack", "init", name, ...options]);
    return PulumiStack.select(directory, name);
  }

  /** The names of the stacks that the backend has for the project in `directory`. */
  static async list(directory: string): Promise<readonly string[]> {
    const found: unknown = JSON.parse(await runPulumi(directory, ["stack", "ls", "--json"]));
    if (!Array.isArray(found)) throw new Error("pulumi stack ls --json did not answer with a list");
    // The backend in a storage account calls them organization/project/stack where the project is not its own.
    return found.flatMap((entry: unknown) => {
      const name = valueAt(entry, ["name"]);
      return typeof name === "string" ? [name.split("/").at(-1) ?? name] : [];
    });
  }

  /** Where the state is. @example "azblob://prod" */
  readonly backendUrl = async (): Promise<string> => (await this.stack.workspace.whoAmI()).url ?? "";

  /** Runs one operation. What fails shows in the events and in the result; only trouble before the engine starts is thrown. */
  async run(operation: PulumiOperation): Promise<OperationResult> {
    try {
      await this.learnSecrets();
      return await this.runOpened(operation);
    } catch (error) {
      throw this.secrets.maskedError(error);
    }
  }

  private async learnSecrets(): Promise<void> {
    this.secrets.addConfiguration(Object.values(await this.stack.getAllConfig()));
  }

  private async runOpened(operation: PulumiOperation): Promise<OperationResult> {
    if (operation.previewOnly) return this.runOnce(operation);
    // What a destroy that was killed left without its protection.
    await this.protectAgain();
    const { unprotected = [] } = operation;
    if (unprotected.length === 0) return this.runOnce(operation);
    await this.lostProtection.write(unprotected);
    try {
      for (const urn of unprotected) await this.changeState("unprotect", urn);
      return await this.runOnce(operation);
    } finally {
      await this.protectAgain();
    }
  }

  /** URNs whose protection an interrupted destroy took away; the next operation that is no preview gives it back. */
  get withoutProtection(): readonly string[] {
    return this.lostProtection.read();
  }

  private async runOnce(operation: PulumiOperation): Promise<OperationResult> {
    const log = new OperationLog();
    const refusals = new ProtectionRefusals(operation.previewOnly ? (operation.unprotected ?? []) : []);
    const plugins = new PathPlugins();
    const onEvent = (event: SdkEngineEvent): void => {
      for (const told of this.secrets.maskedValue(plugins.instead(event))) {
        const shown = refusals.without(told);
        if (shown === undefined) continue;
        log.record(shown);
        operation.emit(shown);
      }
    };
    try {
      await this.start(operation, onEvent);
      return { result: "succeeded", failure: undefined, changes: log.counts.toRecord() };
    } catch (error) {
      if (operation.signal.aborted) return { result: "cancelled", failure: undefined, changes: log.counts.toRecord() };
      if (error instanceof ConcurrentUpdateError) throw new StackBusyError(commandText(error), { cause: error });
      if (refusals.areAll) return { result: "succeeded", failure: undefined, changes: log.counts.toRecord() };
      if (log.summary === undefined && log.diagnostics.errors.length === 0) throw new Error(commandText(error));
      return { result: "failed", failure: failureOf(log), changes: log.counts.toRecord() };
    }
  }

  /** Outputs with secrets as `[secret]` unless asked for; undefined when there is nothing deployed. */
  async outputs(showSecrets: boolean): Promise<Readonly<Record<string, unknown>> | undefined> {
    if ((await this.resources()).length === 0) return undefined;
    const outputs = await this.stack.outputs();
    const shown = Object.entries(outputs).map(([name, { value, secret }]): [string, unknown] => [
      name,
      secret && !showSecrets ? "[secret]" : value,
    ]);
    if (showSecrets) return Object.fromEntries(shown);
    await this.learnSecrets();
    return this.secrets.maskedValue(Object.fromEntries(shown));
  }

  async protectedResources(): Promise<readonly string[]> {
    return (await this.resources()).filter((resource) => resource.protect === true).map((resource) => resource.urn);
  }

  /** Protects again what lost its protection for a destroy and is still there. */
  private async protectAgain(): Promise<void> {
    const lost = this.lostProtection.read();
    if (lost.length === 0) return;
    const unprotected = (await this.resources()).filter(
      ({ protect, delete: dying }) => protect !== true && dying !== true,
    );
    for (const { urn } of unprotected.filter(({ urn }) => lost.includes(urn))) await this.changeState("protect", urn);
    this.lostProtection.remove();
  }

  /** One resource a call: older versions of the CLI take no more. */
  private async changeState(change: "protect" | "unprotect", urn: string): Promise<void> {
    await runPulumi(this.directory, ["state", change, urn, "--yes", "--stack", this.stack.name]);
  }

  /** Takes the lock away from whoever holds it. Only for locks whose owner is known to be gone. */
  async breakLock(): Promise<void> {
    await runPulumi(this.directory, ["cancel", this.stack.name, "--yes"]);
  }

  /** Removes the stack from the backend, with its history and its file. The CLI refuses one that still has resources. */
  async forget(): Promise<void> {
    await runPulumi(this.directory, ["stack", "rm", this.stack.name, "--yes"]);
  }

  private async start(operation: PulumiOperation, onEvent: (event: SdkEngineEvent) => void): Promise<void> {
    const { kind, previewOnly, targets, signal, continueOnError = false } = operation;
    const options = {
      onEvent,
      signal,
      color: "never" as const,
      ...(targets.length > 0 ? { target: [...targets] } : {}),
    };
    const policyPacks = [...operation.policyPacks];
    switch (kind) {
      case "preview":
        await this.stack.preview({ ...options, policyPacks });
        return;
      case "up":
        await this.stack.up({ ...options, policyPacks, continueOnError });
        return;
      case "refresh":
        await (previewOnly ? this.stack.previewRefresh(options) : this.stack.refresh(options));
        return;
      case "destroy":
        await (previewOnly ? this.stack.previewDestroy(options) : this.stack.destroy({ ...options, continueOnError }));
    }
  }

  /** The state as a Pulumi deployment, secrets encrypted. */
  async exportedState(): Promise<unknown> {
    return JSON.parse(await runPulumi(this.directory, ["stack", "export", "--stack", this.stack.name]));
  }

  private async resources(): Promise<readonly StateResource[]> {
    const resources = valueAt(await this.exportedState(), ["deployment", "resources"]);
    return Array.isArray(resources) ? resources.filter(isStateResource) : [];
  }
}

interface StateResource {
  readonly urn: string;
  readonly protect?: boolean;
  readonly delete?: boolean;
}

function isStateResource(value: unknown): value is StateResource {
  return typeof value === "object" && value !== null && "urn" in value && typeof value.urn === "string";
}

async function findPulumi(): Promise<PulumiCommand> {
  try {
    return await PulumiCommand.get();
  } catch (error) {
    const missing = commandText(error).includes("ENOENT");
    const what = missing ? "there is no pulumi on the PATH" : `pulumi cannot be used: ${commandText(error)}`;
    throw new PulumiCliError(`${what}. ${installationAdvice}`, { cause: error });
  }
}

/** Undefined when the file, or the setting in it, is not there. */
function secretsProviderOf(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const provider = valueAt(PositionedYaml.read(file, basename(file)).content(), ["secretsprovider"]);
  return typeof provider === "string" ? provider : undefined;
}

/** What the CLI said, without the SDK's frame around it. */
function commandText(error: unknown): string {
  if (!(error instanceof CommandError)) return error instanceof Error ? error.message : String(error);
  return (/stderr: (.*?)\n err\?:/s.exec(error.message)?.[1] ?? error.message).trim();
}

/** Why an operation failed, told from its events: the CLI's own exit code is 1 for most of these. */
function failureOf(log: OperationLog): OperationResult["failure"] {
  if (log.policies.mandatory.length > 0) return "policy";
  if ([...log.rows.values()].some((row) => row.failed)) return "resource";
  const aboutResource = log.diagnostics.errors.some(
    (error) => error.urn !== undefined && !error.urn.includes(stackType),
  );
  if (aboutResource) return "resource";
  return log.diagnostics.errors.some((error) => error.message.includes("unhandled exception")) ? "program" : "other";
}

const stackType = "::pulumi:pulumi:Stack::";
