import { join } from "node:path";
import { OperationDisplay } from "../../deployment/display/operation-display";
import type { OperationLog } from "../../deployment/display/operation-log";
import { plainPaint } from "../../deployment/display/terminal";
import type { ConfigValue, OperationKind, Project } from "../../deployment/operation";
import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import type { PropertyMap } from "../../deployment/values/property-value";
import { emulatedProviders } from "../../sandbox/clouds";
import type { StateStore } from "../../sandbox/engine/engine";
import { runOperation } from "../../sandbox/engine/run-operation";
import { PassphraseCipher } from "../../sandbox/engine/state/passphrase-cipher";
import { statePassphrase } from "../../sandbox/engine/state/state-store";
import type { World } from "../../sandbox/world/world";

export const root = join(__dirname, "..", "..");
export const project: Project = { name: "landscape", root, main: join(root, "index.ts") };

/** How much is told of what went wrong; thousands of sites have the same trouble. */
const shownMessages = 20;

export interface MeasuredOperation {
  readonly kind: OperationKind;
  readonly stack: string;
  readonly config: ReadonlyMap<string, ConfigValue>;
  readonly program: () => unknown;
  readonly policies: readonly PolicyAnalyzer[];
  readonly state: StateStore;
  readonly world: World;
  /** What another stack returned. Default: none was deployed. */
  readonly stackOutputs?: (name: string) => Promise<PropertyMap | undefined>;
}

/** A process derives its key once, on a thread of its own while modules load; it is no part of what is measured. */
export async function deriveStateKey(): Promise<void> {
  await PassphraseCipher.create(statePassphrase());
}

/**
 * One operation as the commands run it, with its tree drawn for nobody.
 *
 * @returns how many resources there were, and what its events said
 * @throws with the diagnostics when it does not succeed
 */
export async function runSilently(
  operation: MeasuredOperation,
): Promise<{ readonly resources: number; readonly log: OperationLog }> {
  const display = new OperationDisplay(
    { write: () => {}, interactive: false, columns: 120, paint: plainPaint },
    { diff: false },
  );
  const messages: string[] = [];
  const { result } = await runOperation({
    ...operation,
    previewOnly: false,
    project,
    program: { kind: "inline", run: operation.program },
    organization: "organization",
    provider: emulatedProviders(operation.world),
    stackOutputs: operation.stackOutputs ?? (async () => undefined),
    targets: [],
    emit: (event) => {
      display.event(event);
      if (event.diagnosticEvent?.severity === "error") messages.push(event.diagnosticEvent.message);
      if (event.policyEvent?.enforcementLevel === "mandatory") messages.push(event.policyEvent.message);
    },
    signal: new AbortController().signal,
  });
  display.finish();
  if (result !== "succeeded")
    throw new Error(`the ${operation.kind} ${result}:\n${messages.slice(0, shownMessages).join("\n")}`);
  return { resources: display.log.rows.size, log: display.log };
}
