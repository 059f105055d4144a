import { describe, expect, it } from "vitest";
import type { DatabaseEvidence, DrillEvidence, RunEvidence } from "../../../operations/drill/evidence/drill-evidence";
import { checkTargets } from "../../../operations/drill/evidence/drill-targets";
import { reportPage, returnCheck } from "../../../operations/drill/evidence/report-page";
import { junitReport, timelinePicture } from "../../../operations/drill/evidence/write-evidence";

const database: DatabaseEvidence = {
  name: "tasks",
  tier: "P0-critical",
  syncSeconds: 1,
  followed: true,
  lags: [0.5, 1.2, 2],
  committed: 40,
  recovered: 39,
  secondsLost: 1.1,
  integrity: "ok",
};
const run: RunEvidence = {
  scenario: "host-loss",
  run: 1,
  seed: 7,
  startedAt: "2026-11-21T12:00:00.000Z",
  seconds: 90,
  timeline: [
    { at: 0, where: "anvil", what: "primary, term 1" },
    { at: 30, where: "anvil", what: 'lost & <gone> "now"' },
    { at: 41.5, where: "forge", what: "primary, term 2" },
  ],
  failover: { detected: 6, decided: 6.5, promoted: 11, served: 14, nameTtl: 60 },
  databases: [database],
  inference: "forge answers",
  checks: [{ name: returnCheck, expected: "40 rows", measured: "40 rows", passed: true }],
};

function evidence(change: Partial<RunEvidence> = {}): DrillEvidence {
  const runs = [{ ...run, ...change }];
  return {
    version: 1,
    hosts: "local",
    startedAt: run.startedAt,
    finishedAt: run.startedAt,
    machine: { platform: "linux", cores: 2, load: 1, node: "20", litestream: "0.5.16" },
    runs,
    targets: checkTargets(runs, 45),
    skipped: [{ scenario: "full-disk", why: "needs a small file system" }],
  };
}

function failed(change: Partial<DatabaseEvidence>): readonly string[] {
  const { targets } = evidence({ databases: [{ ...database, ...change }] });
  return targets.filter(({ passed }) => !passed).map(({ name }) => name);
}

describe("targets", () => {
  it("are met by a good failover, and nothing is promised of a drill without one", () => {
    expect(failed({})).toEqual([]);
    expect(checkTargets([{ ...run, failover: undefined }], 45)).toEqual([]);
  });

  it("leave out lag when there was too little writing: less than half a minute, or than the interval", () => {
    const slow = { ...database, syncSeconds: 60, lags: [] };
    const lagOf = (steadySeconds: number) =>
      checkTargets([{ ...run, databases: [database, slow] }], steadySeconds).filter(({ name }) => /lag, /.test(name));
    expect(lagOf(29)).toEqual([]);
    expect(lagOf(30)).toMatchObject([{ name: "data lag, 1 s databases", passed: true }]);
    expect(lagOf(60)).toMatchObject([{ passed: true }, { name: "data lag, 60 s databases", passed: false }]);
  });

  it("leave out the lag of what nobody looked at, and count an unused database as whole", () => {
    expect(failed({ followed: false, lags: [] })).toEqual([]);
    expect(failed({ committed: 0, recovered: 0, secondsLost: 0, integrity: "empty" })).toEqual([]);
    expect(failed({ integrity: "empty" })).toEqual(["P0 databases on the standby"]);
  });

  it("each is missed when what it guards goes wrong", () => {
    expect(failed({ lags: [1, 1, 2.5] })).toEqual(["data lag, 1 s databases"]);
    expect(failed({ lags: [] })).toEqual(["data lag, 1 s databases"]);
    expect(failed({ syncSeconds: 30, lags: [32.4], secondsLost: 30 })).toEqual([]);
    expect(failed({ syncSeconds: 30, lags: [32.6], secondsLost: 30 })).toEqual(["data lag, 30 s databases"]);
    expect(failed({ secondsLost: 2.6 })).toEqual(["rows lost beyond the lag"]);
    expect(failed({ integrity: "damaged" })).toEqual(["P0 databases on the standby", "integrity"]);
    const slow = evidence({ failover: { detected: 6, decided: 6, promoted: 50, served: 66, nameTtl: 60 } });
    expect(slow.targets.find(({ name }) => name === "time to serve")).toMatchObject({ passed: false });
    const silent = evidence({ inference: undefined });
    expect(silent.targets.find(({ name }) => name === "inference answers")).toMatchObject({ passed: false });
  });
});

describe("the page", () => {
  it("fills in the acceptance table", () => {
    const page = reportPage(evidence(), { seconds: 120, how: "the second watcher" });
    const rows = page.split("\n").filter((line) => line.startsWith("| ") && line.endsWith(" yes |"));
    expect(rows.slice(0, 6)).toEqual([
      "| Alert latency | < 2 min 30 s | 120.0 s (the second watcher) | yes |",
      "| Data lag on the standby (RPO) | < 60 s | at most 1.1 s of writes lost | yes |",
      "| Time until the standby serves (RTO) | < 5 min | at most 74.0 s, the name's TTL included | yes |",
      "| P0 databases on the standby | 1 | 1 | yes |",
      "| Inference on the standby | answers a test prompt | in 1 of 1 runs | yes |",
      "| No data lost when the primary returns | row counts match | 40 rows | yes |",
    ]);
    expect(page).toContain("- full-disk: needs a small file system");
  });

  it("says where nothing was measured, and what failed", () => {
    const page = reportPage(evidence({ failover: undefined, databases: [], checks: [] }), undefined);
    expect(page.match(/not measured \| –/g)).toHaveLength(6);
    const bad = reportPage(evidence(), { seconds: 200, how: "GitHub" });
    expect(bad).toContain("| 200.0 s (GitHub) | **no** |");
  });
});

it("a check that could not be made is named on the page, and skipped in JUnit's XML", () => {
  const open = evidence({ notChecked: [{ name: "an up changes nothing", why: "no pulumi here" }] });
  expect(reportPage(open, undefined)).toContain("Not checked: an up changes nothing: no pulumi here");
  const xml = junitReport(open);
  expect(xml).toContain('tests="2" failures="0" skipped="1"');
  expect(xml).toContain('<skipped message="no pulumi here"/>');
});

it("JUnit's XML counts failures and skips, and is well-formed with any text in it", async () => {
  const hostile = { name: 'a "<b>" & \u001b[31mc', expected: "1", measured: "2\n3", passed: false };
  const xml = junitReport(evidence({ checks: [hostile] }));
  expect(xml).toContain('tests="1" failures="1" skipped="0"');
  expect(xml).toContain('<skipped message="needs a small file system"/>');
  expect(xml).not.toContain("\u001b");
  await expectWellFormed(xml);
});

it("the timeline is a well-formed picture with every event", async () => {
  const picture = timelinePicture(run);
  expect(picture.match(/<circle/g)).toHaveLength(3);
  expect(picture).toContain("lost &amp; &lt;gone&gt;");
  await expectWellFormed(picture);
});

/** The parser that is below the property list one reads XML strictly. */
async function expectWellFormed(xml: string): Promise<void> {
  const { DOMParser } = await import("@xmldom/xmldom");
  const problems: string[] = [];
  new DOMParser({ onError: (level, message) => problems.push(`${level}: ${message}`) }).parseFromString(
    xml,
    "text/xml",
  );
  expect(problems).toEqual([]);
}
