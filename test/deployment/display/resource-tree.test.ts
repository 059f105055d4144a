import { describe, expect, it } from "vitest";
import { resultLines } from "../../../deployment/display/operation-display";
import { isStateful } from "../../../lib/resource-types";
import { recordedLog, recordedRuns } from "./recordings";
import { pipe, shown } from "./resource-tree-fixture";

describe("resource tree", () => {
  it("nests resources in their components and hides what does not change", () => {
    const text = shown("recordings/21-violation-preview");
    expect(text).toMatch(/^ ~ {2}└─ Site {2,}one {2,}update {4}\[diff: ~zone\]$/m);
    expect(text).toMatch(/^ \+- {4}└─ cloudflare:DnsRecord {2,}one {2,}replace {3}\[diff: ~zoneId\]$/m);
    expect(text).not.toContain("RandomPet");
    expect(text).not.toContain("default_");
  });

  it("shows one row for a replacement, not its halves", () => {
    const rows = shown("recordings-2/34-cascade-preview").split("\n");
    expect(rows.filter((row) => row.includes("└─ storage:StorageAccount"))).toHaveLength(1);
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
describe("a brief display", () => {
  it("folds neighbours of one type that are created, and leaves policies and counts to the update", () => {
    const log = recordedLog("recordings/01-preview-create");
    const urn = [...log.rows.keys()].find((each) => each.includes("RandomPet")) ?? "";
    const row = log.rows.get(urn);
    expect(row).toBeDefined();
    const copies = ["one", "two", "three"].map((name) => `${urn}-${name}`);
    if (row !== undefined) {
      log.rows.delete(urn);
      for (const copy of copies) log.rows.set(copy, { ...row, urn: copy, name: copy.split("::").at(-1) ?? "" });
    }
    const text = resultLines(log, { diff: false, brief: true }, pipe, "1.0 s").join("\n");
    expect(text).toMatch(/3 × random:RandomPet {2,}pet-one, … {2,}create$/m);
    expect(text).not.toMatch(/Policies:|Resources:|Duration:|Outputs:/);
  });

  it("shows what stops a plan in full", () => {
    const options = { diff: false, brief: true };
    const text = resultLines(recordedLog("recordings/21-violation-preview"), options, pipe, "1.0 s").join("\n");
    expect(text).toContain("allowBlobPublicAccess must be false");
    expect(text).toMatch(/^Resources:$/m);
  });
});
describe("policies", () => {
  const policyEvent = (
    resourceUrn: string,
    message: string,
    enforcementLevel: "warning" | "mandatory" = "warning",
  ) => ({
    sequence: 1,
    timestamp: 0,
    policyEvent: {
      resourceUrn,
      message,
      color: "never",
      policyName: "vault-secret-expiry",
      policyPackName: "conformance",
      policyPackVersion: "1.0.0",
      policyPackVersionTag: "1.0.0",
      enforcementLevel,
    },
  });
  const advisory = (name: string, message: string) =>
    policyEvent(`urn:pulumi:dev::conformance::azure-native:keyvault:Secret::${name}`, message);
  const excepted = "Secrets expire.\nNo expiry. Excepted until 2027-05-31 by platform: whoever sets the value sets it.";

  it("that are excepted are one line with a count and their expiry", () => {
    const log = recordedLog("recordings/04-preview-expect-no-changes");
    for (const name of ["a", "b", "c"]) log.record(advisory(name, excepted));
    log.record(advisory("d", excepted.replace("2027-05-31", "2026-12-01")));
    const lines = resultLines(log, { diff: false }, pipe, "");
    expect(lines.filter((line) => line.includes("vault-secret-expiry"))).toEqual([
      "    ! [excepted until 2027-05-31]  vault-secret-expiry  3 × keyvault:Secret",
      "    ! [excepted until 2026-12-01]  vault-secret-expiry  keyvault:Secret d",
    ]);
    expect(lines.join("\n")).not.toContain("No expiry.");
  });

  it("that advise the same of several resources say it once, and of which", () => {
    const log = recordedLog("recordings/04-preview-expect-no-changes");
    for (const name of ["a", "b"]) log.record(advisory(name, "Secrets expire.\nNo expiry."));
    const text = resultLines(log, { diff: false }, pipe, "").join("\n");
    expect(text).toContain(
      "    ! [advisory]  vault-secret-expiry  2 × keyvault:Secret\n        a, b\n        Secrets expire.\n        No expiry.\n",
    );
  });

  it("put no unchanged resource into the tree for an advisory", () => {
    const log = recordedLog("recordings/04-preview-expect-no-changes");
    const urn = [...log.rows.keys()].find((each) => each.includes("StorageAccount")) ?? "";
    log.record(policyEvent(urn, excepted));
    expect(resultLines(log, { diff: false }, pipe, "").join("\n")).not.toContain("Type");
    log.record(policyEvent(urn, excepted, "mandatory"));
    expect(resultLines(log, { diff: false }, pipe, "").join("\n")).toMatch(/StorageAccount .*1 policy violation/);
  });

  it("say of an update only what its plan did not say", () => {
    const [plan, update] = [1, 2].map(() => recordedLog("recordings/04-preview-expect-no-changes"));
    for (const log of [plan, update]) log?.record(advisory("a", excepted));
    update?.record(advisory("b", "Secrets expire.\nNo expiry."));
    expect(plan).toBeDefined();
    if (plan === undefined || update === undefined) return;
    const text = resultLines(update, { diff: false, plan }, pipe, "").join("\n");
    expect(text).toContain("keyvault:Secret b");
    expect(text).not.toContain("keyvault:Secret a");
    expect(text).toContain("1 advisory, 1 excepted");
  });
});
describe("property changes", () => {
  it("show only what differs in an update, nested", () => {
    expect(shown("recordings/05-preview-update", true)).toContain(
      '~ sku: {\n                ~ name: "Standard_LRS" => "Standard_GRS"\n              }',
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
    expect(second).toContain("storage:StorageAccount  account  forced by location");
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
