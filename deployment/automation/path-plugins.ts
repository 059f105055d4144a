import { dirname } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation";

/** As the engine warns of each plugin whenever it looks for it, which is three times for each resource package. */
const warning = /^using (\S+) from \$PATH at (\S+)/;

/** Says once, at the end of a run, which plugins were found on the PATH: whose plugins they are decides what was deployed to. */
export class PathPlugins {
  private readonly directories = new Map<string, Set<string>>();

  /** The event, or what is told instead of it. */
  instead(event: EngineEvent): readonly EngineEvent[] {
    const { diagnosticEvent, summaryEvent } = event;
    const [, name, path] = warning.exec(diagnosticEvent?.message ?? "") ?? [];
    if (diagnosticEvent !== undefined && name !== undefined && path !== undefined) {
      const names = this.directories.get(dirname(path)) ?? new Set();
      this.directories.set(dirname(path), names.add(name.replace(/^pulumi-(resource|language)-/, "")));
      return [];
    }
    if (summaryEvent === undefined) return [event];
    const told = [...this.directories].map(([directory, names]): EngineEvent => {
      const message = `plugins of ${directory}, which is on the PATH: ${[...names].sort().join(", ")}\n`;
      const { sequence, timestamp } = event;
      return { sequence, timestamp, diagnosticEvent: { message, color: "never", severity: "info", prefix: "info: " } };
    });
    return [...told, event];
  }
}
