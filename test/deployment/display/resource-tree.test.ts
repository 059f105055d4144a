import { describe, expect, it } from "vitest";
import { resultLines } from "../../../deployment/display/operation-display";
import { colourPaint, plainPaint, printable, terminalOf } from "../../../deployment/display/terminal";
import { isStateful } from "../../../lib/resource-types";
import { recordedEvents, recordedLog, recordedRuns } from "./recordings";

function shown(run: string, diff = false): string {
  return resultLines(recordedLog(run), { diff }, { paint: plainPaint }, "1.0 s").join("\n");
}

describe("resource tree", () => {
  it("nests resources in their components and hides what does not change", () => {
    const text = shown("recordings/21-violation-preview");
    expect(text).toContain(" ~   └─ demo:web:Site                        one              update    [diff: ~zone]");
    expect(text).toContain(" +-     └─ cloudflare:index:DnsRecord        one              replace   [diff: ~zoneId]");
    expect(text).not.toContain("RandomPet");
    expect(text).not.toContain("default_");
  });

  it("shows one row for a replacement, not its halves", () => {
    const rows = shown("recordings-2/34-cascade-preview").split("\n");
    expect(rows.filter((row) => row.includes("└─ azure-native:storage:StorageAccount"))).toHaveLength(1);
  });

  it("shows that an import is followed by an update", () => {
    expect(shown("recordings-2/15-import-different-preview")).toMatch(/imported2\s+import, update/);
  });

  it("says nothing of resources when nothing changes", () => {
    const text = shown("recordings/04-preview-expect-no-changes");
    expect(text).not.toContain("Type");
    expect(text).toContain("    10 unchanged");
  });

  it("marks violations and errors on the row they are about", () => {
    expect(shown("recordings/21-violation-preview")).toMatch(/StorageAccount .*account .*1 policy violation/);
    expect(shown("recordings-2/38-protected-replace-preview")).toMatch(/StorageAccount .*account .*1 error/);
  });
});

describe("property changes", () => {
  it("show only what differs in an update, nested", () => {
    expect(shown("recordings/05-preview-update", true)).toContain(
      '~ sku: {\n                 ~ name: "Standard_LRS" => "Standard_GRS"\n               }',
    );
  });

  it("name the property that forces a replacement", () => {
    expect(shown("recordings/14-preview-replace", true)).toContain(
      '~ location: "swedencentral" => "northeurope" (forces replacement)',
    );
  });

  it("show all inputs of a new resource, secrets by name only", () => {
    const text = shown("recordings/01-preview-create", true);
    expect(text).toContain("Owner      : [secret]");
    expect(text).toContain('minimumTlsVersion     : "TLS1_2"');
  });

  it("show what a refresh found", () => {
    expect(shown("recordings/30-refresh-drift", true)).toContain("~ enableHttpsTrafficOnly: true => false");
  });

  it("never show a secret or a wire signature, in any recorded run", () => {
    for (const run of recordedRuns) {
      const text = shown(run, true);
      expect(text).not.toContain("canary-");
      expect(text).not.toContain("4dabf18193072939515e22adb298388d");
      expect(text).not.toContain("04da6b54-80e4-46f7-96ec-b56ff0331ba9");
    }
  });
});

describe("stateful resources", () => {
  it("that are replaced or deleted come first", () => {
    const [first, second] = shown("recordings/14-preview-replace").split("\n");
    expect(first).toBe("!! 1 STATEFUL RESOURCE TO BE REPLACED OR DELETED: what is inside is lost");
    expect(second).toContain("azure-native:storage:StorageAccount  account  forced by location");
  });

  it("that are kept when deleted are not listed", () => {
    const text = shown("recordings/38-destroy-preview");
    expect(text).toMatch(/^!! 2 STATEFUL RESOURCES/);
    expect(text).not.toMatch(/^!!.*BlobContainer/m);
  });

  it("are not listed when they are only updated", () => {
    expect(shown("recordings/05-preview-update")).not.toContain("!!");
  });

  it("are known in versioned forms too", () => {
    expect(isStateful("azure-native:storage/v20230101:StorageAccount")).toBe(true);
    expect(isStateful("azure-native:network:VirtualNetwork")).toBe(false);
  });
});

describe("results", () => {
  it("list violations with their remediation text and tally the checks", () => {
    const text = shown("recordings/21-violation-preview");
    expect(text).toContain("conformance 1.0.0: 3 rules, 23 checks passed, 1 violation, 1 advisory");
    expect(text).toContain("allowBlobPublicAccess must be false");
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
    const text = resultLines(log, { diff: false }, { paint: plainPaint }, "").join("\n");
    expect(text).toContain("1 checked again at up");
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
    const lines = resultLines(
      log,
      { diff: false, isModelled: (type) => !type.startsWith("random:") },
      { paint: plainPaint },
      "",
    );
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
  });
});
