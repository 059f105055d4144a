import { describe, expect, it } from "vitest";
import { resultLines } from "../../../deployment/display/operation-display";
import {
  colourPaint,
  fitLines,
  plainPaint,
  printable,
  printableJson,
  terminalOf,
  visibleLength,
} from "../../../deployment/display/terminal";
import { recordedEvents, recordedLog, recordedRuns } from "./recordings";
import { pipe, shown } from "./resource-tree-fixture";

describe("the width of a terminal", () => {
  it.each([false, true])("holds every line of every recorded run, with properties: %s", (diff) => {
    for (const run of recordedRuns) {
      const lines = resultLines(recordedLog(run), { diff }, { ...pipe, interactive: true }, "1.0 s");
      expect(lines.filter((line) => visibleLength(line) > 80)).toEqual([]);
    }
  });

  it("is no concern of a pipe: a line stays one line, to be searched", () => {
    const message = `error: ${"a long sentence ".repeat(10)}`;
    expect(fitLines([message], { interactive: false, columns: 80 })).toEqual([message]);
    expect(fitLines([`    ${"x".repeat(200)}`], { interactive: true, columns: 80 }).map((line) => line.length)).toEqual(
      [80, 80, 56],
    );
  });

  it("breaks lines between words, under their own text, and counts no colours", () => {
    const line = `    ${colourPaint("danger", "one")} two three four`;
    expect(fitLines([line, "", "  a"], { interactive: true, columns: 20 })).toEqual([
      `    ${colourPaint("danger", "one")} two three`,
      "      four",
      "",
      "  a",
    ]);
  });

  it("leaves a name whole that has no room beside its type", () => {
    const log = recordedLog("recordings/01-preview-create");
    const urn = [...log.rows.keys()].find((each) => each.includes("StorageAccount")) ?? "";
    const row = log.rows.get(urn);
    expect(row).toBeDefined();
    if (row !== undefined) log.rows.set(urn, { ...row, name: `account-${"long-".repeat(8)}name` });
    const lines = resultLines(log, { diff: false }, { ...pipe, interactive: true }, "");
    const at = lines.findIndex((line) => line.includes("storage:StorageAccount"));
    expect(lines[at]).not.toContain("account-");
    expect(lines[at + 1]).toMatch(/ account-(?:long-){8}name {2}create$/);
  });
});
describe("results", () => {
  it("list violations with their remediation text and tally the checks", () => {
    const text = shown("recordings/21-violation-preview");
    expect(text).toContain("conformance 1.0.0: 3 rules apply, 23 checks passed, 1 violation, 1 advisory");
    expect(text).toContain("allowBlobPublicAccess must be false");
  });

  it("count what is excepted apart from advisories", () => {
    const log = recordedLog("recordings/21-violation-preview");
    const finding = {
      resourceUrn: "urn:pulumi:dev::small::azure-native:keyvault:Secret::token",
      color: "never",
      policyName: "secret-expiry",
      policyPackName: "conformance",
      policyPackVersion: "1.0.0",
      policyPackVersionTag: "1.0.0",
    };
    for (const message of ["has no expiry. Excepted until 2027-01-31: the owner sets it", "has no tag"]) {
      log.record({ sequence: 1, timestamp: 0, policyEvent: { ...finding, message, enforcementLevel: "warning" } });
    }
    const [tally] = log.policies.lines(new Map(), (_role, text) => text);
    expect(tally).toContain("1 violation, 2 advisory, 1 excepted");
  });

  it("of a plan that was refused are why, and neither a tree nor counts", () => {
    const log = recordedLog("recordings/01-preview-create");
    const message = 'stacks/alai/inventory/sites.yaml:8:5 sites[0].stat: unknown key "stat"';
    log.record({ sequence: 1, timestamp: 0, diagnosticEvent: { message, color: "never", severity: "error" } });
    const text = resultLines(log, { diff: false }, pipe, "1 s").join("\n");
    expect(text).toMatch(/^Diagnostics:\n.*sites\[0\]\.stat/m);
    expect(text).not.toContain("to create");
    expect(text).not.toContain("Plan");
  });

  it("count rules that must wait for up, apart from violations", () => {
    const log = recordedLog("recordings/01-preview-create");
    log.record({
      sequence: 1,
      timestamp: 0,
      policyEvent: {
        message:
          "can't run policy 'tls' during preview: string value at .minimumTlsVersion can't be known during preview",
        color: "never",
        policyName: "tls",
        policyPackName: "conformance",
        policyPackVersion: "1.0.0",
        policyPackVersionTag: "1.0.0",
        enforcementLevel: "warning",
      },
    });
    const text = resultLines(log, { diff: false }, pipe, "").join("\n");
    expect(text).toContain("1 undecided until applied");
    expect(text).not.toContain("can't run policy");
  });

  it("show outputs with unknown and secret values named", () => {
    const text = shown("recordings/01-preview-create");
    expect(text).toContain("containerId: [unknown]");
    expect(text).toContain("owner      : [secret]");
  });

  it("do not call outputs deleted when the program stopped half-way", () => {
    expect(shown("recordings-2/19-create-fails")).not.toContain("containerId");
  });

  it("name types kept without the service's rules", () => {
    const log = recordedLog("recordings/01-preview-create");
    const lines = resultLines(log, { diff: false, isModelled: (type) => !type.startsWith("random:") }, pipe, "");
    expect(lines).toContain("    random:index/randomPet:RandomPet (1)");
  });

  it("contain everything the engine said of errors", () => {
    expect(shown("recordings/25-throws-up")).toContain("Error: the program failed on purpose");
    expect(recordedEvents("recordings/25-throws-up").length).toBeGreaterThan(0);
  });
});
describe("terminal", () => {
  const stream = { write: () => true, isTTY: true, columns: 100 };
  it.each([
    [{}, true, true],
    [{ NO_COLOR: "1" }, true, false],
    [{ CI: "true" }, false, true],
    [{ TERM: "dumb" }, false, false],
  ])("with %o is interactive: %s, coloured: %s", (environment, interactive, coloured) => {
    const terminal = terminalOf(stream, environment);
    expect(terminal.interactive).toBe(interactive);
    expect(terminal.paint).toBe(coloured ? colourPaint : plainPaint);
  });

  it("is plain when output goes to a file, unless colours are forced", () => {
    const file = { write: () => true };
    expect(terminalOf(file, {}).interactive).toBe(false);
    expect(terminalOf(file, {}).paint).toBe(plainPaint);
    expect(terminalOf(file, { FORCE_COLOR: "1" }).paint).toBe(colourPaint);
  });

  it("has 80 columns when it does not say", () => {
    expect(terminalOf({ write: () => true }, {}).columns).toBe(80);
    expect(terminalOf({ write: () => true, columns: 0 }, {}).columns).toBe(80);
  });

  it("is not driven by what messages contain", () => {
    expect(printable("a\u001b[2Jb\u0007c\nd")).toBe("abc\nd");
    expect(printable("\u001b]8;;https://example.com\u0007link\u001b]8;;\u0007 \u009b31m")).toBe("link 31m");
  });

  // What GitHub's runner takes for a command: `::name parameters::text` where a line begins, `##[name]` anywhere.
  it.each(["::add-mask::prod", "a\n  ::set-output name=x::y", "x ##[add-mask]prod", "a\r::error file=x::y"])(
    "and a build server takes no command from %j",
    (text) => {
      for (const written of [printable(text), printableJson(text)]) {
        expect(written).not.toMatch(/^\s*::|##\[|::(add-mask|set-output|error)/m);
      }
      expect(JSON.parse(printableJson(text))).toBe(text);
    },
  );

  it("shows characters that hide or turn around what is written, and leaves addresses and URNs as they are", () => {
    expect(printable("a\u202eb\u2066c")).toBe("a\\u202eb\\u2066c");
    expect(printableJson("\u009b\u202e")).toBe('"\\u009b\\u202e"');
    for (const text of ["urn:pulumi:dev::landscape::a:b:C::group", "::1, ::ffff:0:0/96, fd00::1"]) {
      expect(printable(text)).toBe(text);
    }
  });
});
