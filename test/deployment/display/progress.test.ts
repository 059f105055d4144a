import { describe, expect, it } from "vitest";
import { OperationDisplay } from "../../../deployment/display/operation-display";
import { seconds } from "../../../deployment/display/progress";
import { plainPaint, type Terminal } from "../../../deployment/display/terminal";
import { recordedEvents } from "./recordings";

function replay(run: string, interactive: boolean): string {
  const written: string[] = [];
  const terminal: Terminal = { write: (text) => written.push(text), interactive, columns: 80, paint: plainPaint };
  const display = new OperationDisplay(terminal, { diff: false });
  for (const event of recordedEvents(run)) display.event(event);
  display.finish();
  return written.join("");
}

describe("progress", () => {
  it("in a log is one line for each finished step and no escape sequences", () => {
    const text = replay("recordings/02-create", false);
    expect(text).toMatch(/^ \+ {2}storage:StorageAccount account created \(0\.\d s\)$/m);
    expect(text.match(/StorageAccount account/g)).toHaveLength(1);
    expect(text).not.toContain("\u001b");
    expect(text).toContain("    + 10 created");
  });

  it("says which step failed", () => {
    expect(replay("recordings-2/19-create-fails", false)).toMatch(/DnsRecord second creating failed/);
  });

  it("says what a deletion leaves in place", () => {
    expect(replay("recordings/39-destroy", false)).toMatch(/BlobContainer container deleted \(retained\)/);
  });

  it("of a preview writes no line for each resource", () => {
    expect(replay("recordings/01-preview-create", false)).not.toContain("created");
  });

  it("on a terminal shows running steps in place, cut to its width, and leaves nothing of them behind", async () => {
    const written: string[] = [];
    const terminal: Terminal = {
      write: (text) => written.push(text),
      interactive: true,
      columns: 40,
      paint: plainPaint,
    };
    const display = new OperationDisplay(terminal, { diff: false });
    const events = recordedEvents("recordings/02-create");
    const started = events.findIndex((event) => event.resourcePreEvent?.metadata.type.endsWith("StorageAccount"));
    for (const event of events.slice(0, started + 1)) display.event(event);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const live = written.join("");
    expect(live).toContain(" +  storage:StorageAccount account crea\n");
    expect(live).not.toContain("pulumi:pulumi:Stack conformance-dev creating");
    for (const event of events.slice(started + 1)) display.event(event);
    display.finish();
    expect(written.join("").split("\u001b[0J").at(-1)).not.toContain("creating …");
  });

  it.each([
    [400, "0.4 s"],
    [12_300, "12 s"],
    [125_000, "2 min 5 s"],
  ])("writes %i milliseconds as %s", (milliseconds, text) => {
    expect(seconds(milliseconds)).toBe(text);
  });
});
