import type { OpType, StepEventMetadata } from "@pulumi/pulumi/automation";
import { operationWords } from "./operation-words";
import { optionChanges } from "./option-changes";
import type { Paint } from "./terminal";

/** Operations in the order in which the summary lists them. */
const listed: readonly OpType[] = ["import", "create", "update", "replace", "delete"];

/**
 * Counts resources by operation as the engine's own summary does: once for each logical step, not for the halves of a
 * replacement, not for default providers, and for a read only when it found another object.
 */
export class ChangeCounts {
  private readonly counted = new Set<string>();
  /** Resources of which nothing but options changes; the engine counts them as unchanged. */
  private inOptions = 0;
  private readonly byOperation = new Map<OpType, number>();

  record(metadata: StepEventMetadata, refreshed: boolean): void {
    if (!counts(metadata, refreshed)) return;
    const step = `${metadata.op} ${metadata.urn}`;
    if (this.counted.has(step)) return;
    this.counted.add(step);
    this.byOperation.set(metadata.op, this.of(metadata.op) + 1);
    if (metadata.op === "same" && optionChanges(metadata).length > 0) this.inOptions += 1;
  }

  of(operation: OpType): number {
    return this.byOperation.get(operation) ?? 0;
  }

  get changes(): number {
    return listed.reduce((sum, operation) => sum + this.of(operation), this.inOptions);
  }

  /** The form of the summary event: `{ create: 3, same: 5 }`. */
  toRecord(): Record<string, number> {
    return Object.fromEntries(this.byOperation);
  }

  lines(isPreview: boolean, failed: number, paint: Paint): string[] {
    const lines = listed
      .filter((operation) => this.of(operation) > 0)
      .map((operation) => {
        const words = operationWords[operation];
        const what = isPreview ? `to ${words.plan}` : words.past;
        return paint(words.role, `    ${words.symbol}${this.of(operation)} ${what}`);
      });
    if (this.inOptions > 0) {
      const what = isPreview ? "to change in options only" : "changed in options only";
      lines.push(paint("update", `    ~ ${this.inOptions} ${what}`));
    }
    const unchanged = this.of("same") - this.inOptions;
    if (unchanged > 0) lines.push(`    ${unchanged} unchanged`);
    if (failed > 0) lines.push(paint("danger", `    ${failed} failed`));
    return lines;
  }
}

function counts(metadata: StepEventMetadata, refreshed: boolean): boolean {
  if (isDefaultProvider(metadata.urn)) return false;
  if (refreshed) return true;
  if (metadata.op === "read") return metadata.old?.id !== undefined && metadata.old.id !== metadata.new?.id;
  return metadata.logical === true;
}

/** Providers that the engine makes for packages without an explicit one; the display leaves them out. */
export function isDefaultProvider(urn: string): boolean {
  const [, , type = "", name = ""] = urn.split("::");
  return type.startsWith("pulumi:providers:") && name.startsWith("default");
}
