import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { StepEventMetadata } from "@pulumi/pulumi/automation";
import { z } from "zod";
import { writeAtomically } from "../../lib/atomic-file";
import { parseJson } from "../../lib/json-value";
import type { EngineEvent } from "../engine-event";

const urnsSchema = z.array(z.string());

/**
 * Which resources of a stack lost their protection so that a destroy on the real engine can delete them: its state must say so before it
 * deletes them. Kept in a file while the destroy runs, so that a later command protects what survived when this process was killed.
 */
export class LostProtection {
  private readonly file: string;

  /** @param directory the project's */
  constructor(directory: string, stack: string) {
    this.file = join(directory, ".unfinished", `${stack}.unprotected.json`);
  }

  read(): readonly string[] {
    if (!existsSync(this.file)) return [];
    const parsed = urnsSchema.safeParse(parseJson(readFileSync(this.file, "utf8")));
    if (parsed.success) return parsed.data;
    throw new Error(
      `${this.file}: expected a list of URNs, those whose protection an interrupted destroy took away. ` +
        "Protect them with pulumi state protect URN, then delete the file",
    );
  }

  async write(urns: readonly string[]): Promise<void> {
    mkdirSync(dirname(this.file), { recursive: true });
    await writeAtomically(this.file, `${JSON.stringify(urns, undefined, 2)}\n`);
  }

  remove(): void {
    rmSync(this.file, { force: true });
  }
}

/**
 * Reads the preview of a destroy as if some resources were not protected. The real engine refuses to delete a protected resource in a
 * preview too, and only a change of the state would end that; so its refusals of these become deletions
 * in the events. What such a resource depends on is missing from that preview: the engine leaves it out with the refusal.
 */
export class ProtectionRefusals {
  private readonly urns: ReadonlySet<string>;
  private readonly begun = new Map<string, StepEventMetadata>();
  private expected = 0;
  private others = 0;

  constructor(urns: readonly string[]) {
    this.urns = new Set(urns);
  }

  /** Whether the preview failed for no other reason. */
  get areAll(): boolean {
    return this.expected > 0 && this.others === 0;
  }

  /** The event as it would be without protection; undefined when there would be none. */
  without(event: EngineEvent): EngineEvent | undefined {
    const { diagnosticEvent, resourcePreEvent, summaryEvent, sequence, timestamp } = event;
    if (resourcePreEvent !== undefined) this.begun.set(resourcePreEvent.metadata.urn, resourcePreEvent.metadata);
    if (summaryEvent !== undefined && this.areAll) {
      return { ...event, summaryEvent: { ...summaryEvent, ...{ result: "succeeded" } } };
    }
    if (diagnosticEvent?.severity !== "error") return event;
    const { urn = "", message } = diagnosticEvent;
    if (this.urns.has(urn) && /cannot be deleted\s+because it is protected/.test(message)) {
      this.expected += 1;
      const metadata = this.begun.get(urn);
      return metadata === undefined
        ? undefined
        : { sequence, timestamp, resOutputsEvent: { metadata, planning: true } };
    }
    // The engine's last word on a preview in which anything failed.
    if (this.areAll && urn === "" && message.trim() === "preview failed") return undefined;
    this.others += 1;
    return event;
  }
}
