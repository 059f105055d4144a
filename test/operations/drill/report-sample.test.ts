import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { DrillEvidence } from "../../../operations/drill/evidence/drill-evidence";
import { pictureName, reportPage } from "../../../operations/drill/evidence/report-page";

const docs = join(__dirname, "..", "..", "..", "docs");
const sample = readFileSync(join(docs, "drill-report-sample.md"), "utf8");

it("the sample of the drill's report is one that a drill writes today", () => {
  const machine = { platform: "", cores: 1, load: 0, node: "", litestream: "" };
  const times = { startedAt: "", finishedAt: "" };
  const empty: DrillEvidence = { version: 1, hosts: "local", ...times, machine, runs: [], targets: [], skipped: [] };
  const criteria = reportPage(empty, undefined)
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split(" | ").slice(0, 1).join(""));
  expect(criteria.filter((criterion) => !sample.includes(`${criterion} |`))).toEqual([]);
  expect(criteria.length).toBe(7);
});

it("its picture is there", () => {
  const picture = pictureName({ scenario: "host-loss", run: 1 });
  expect(sample).toContain(`](${picture})`);
  expect(existsSync(join(docs, picture))).toBe(true);
});
