import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { DrillSite } from "../../../operations/drill/drill-site";
import { check } from "../../../operations/drill/evidence/drill-evidence";
import { databaseShape } from "../../../operations/drill/hosts/database-shapes";
import { findScenarios, type MakeSite, runDrill, scenarios } from "../../../operations/drill/run-drill";
import { possible, requireLocalSite, type Scenario } from "../../../operations/drill/scenarios/scenario";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";

const options = { steadySeconds: 1, outageSeconds: 1, watchSeconds: 1 };

function scenario(name: string, run: Scenario["run"], hindrance: Scenario["hindrance"] = possible): Scenario {
  return { name, description: `${name} happens`, endState: `${name} is over`, hindrance, run };
}

async function drilled(
  kind: DrillSite["kind"],
  chosen: readonly Scenario[],
  runs = 1,
  signal = new AbortController().signal,
) {
  const removed: number[] = [];
  const said: string[] = [];
  const make: MakeSite = async (_scenario, seed, timeline) => ({
    // The scenarios of this test use nothing else of it.
    site: Object.assign(Object.create(null), { kind, seed, timeline }),
    remove: async () => void removed.push(seed),
  });
  const say = (line: string) => void said.push(line);
  const evidence = await runDrill({ kind, scenarios: chosen, runs, seed: 5, options, say, signal }, make);
  return { evidence, removed, said };
}

const good = scenario("good", async ({ timeline }) => {
  timeline.note("anvil", "does something");
  return { databases: [], checks: [check("it", "works", "works", true)] };
});

describe("a drill", () => {
  it("makes hosts anew for each run, with a seed that grows, and removes them", async () => {
    const { evidence, removed } = await drilled("local", [good], 3);
    expect(evidence.runs.map(({ run, seed }) => [run, seed])).toEqual([
      [1, 5],
      [2, 6],
      [3, 7],
    ]);
    expect(evidence.runs[0]?.timeline).toMatchObject([{ where: "anvil", what: "does something" }]);
    expect(removed).toEqual([5, 6, 7]);
  });

  it("takes a failure for evidence, removes the hosts, and goes on", async () => {
    const broken = scenario("broken", async () => {
      throw new Error("forge did not answer");
    });
    const { evidence, removed } = await drilled("local", [broken, good]);
    expect(evidence.runs[0]?.checks).toEqual([
      {
        name: "ends in its documented state",
        expected: "broken is over",
        measured: "forge did not answer",
        passed: false,
      },
    ]);
    expect(evidence.runs[1]?.checks[0]?.passed).toBe(true);
    expect(removed).toHaveLength(2);
  });

  it("ends at once when it is interrupted, removes the hosts, and begins nothing more", async () => {
    const interruption = new AbortController();
    const endless = scenario("endless", () => {
      interruption.abort();
      return new Promise(() => {});
    });
    const { evidence, removed } = await drilled("local", [endless, good], 2, interruption.signal);
    expect(evidence.runs.map((run) => run.checks[0]?.measured)).toEqual(["interrupted"]);
    expect(removed).toEqual([5]);
  });

  it("takes for evidence that something of it is left", async () => {
    const make: MakeSite = async (_scenario, seed, timeline) => ({
      site: Object.assign(Object.create(null), { kind: "real", seed, timeline }),
      remove: () => Promise.reject(new Error("anvil has a table drill_rows")),
    });
    const signal = new AbortController().signal;
    const request = { kind: "real", scenarios: [good], runs: 1, seed: 1, options, say: () => {}, signal } as const;
    const { runs } = await runDrill(request, make);
    expect(runs[0]?.checks.map(({ measured, passed }) => [measured, passed])).toEqual([
      ["works", true],
      ["anvil has a table drill_rows", false],
    ]);
  });

  it("lets a step that runs end before it removes real hosts' traces, and begins no other run", async () => {
    const interruption = new AbortController();
    const order: string[] = [];
    const ordering = scenario("ordering", async ({ signal }) => {
      interruption.abort();
      await new Promise((resolve) => setTimeout(resolve, 30));
      order.push("the order came to its end");
      signal.throwIfAborted();
      return { databases: [], checks: [] };
    });
    const { signal } = interruption;
    const make: MakeSite = async (_scenario, seed, timeline) => ({
      site: Object.assign(Object.create(null), { kind: "real", seed, timeline, signal }),
      remove: async () => void order.push("removed"),
      patienceSeconds: 5,
    });
    const request = { kind: "real", scenarios: [ordering], runs: 2, seed: 1, options, say: () => {}, signal } as const;
    const { runs } = await runDrill(request, make);
    expect(order).toEqual(["the order came to its end", "removed"]);
    expect(runs.map((run) => run.checks[0]?.measured)).toEqual(["interrupted"]);
  });

  it("names what it cannot do, and why", async () => {
    const { evidence } = await drilled("real", [scenario("breaks-things", good.run, requireLocalSite), good]);
    expect(evidence.skipped).toEqual([{ scenario: "breaks-things", why: expect.stringMatching(/one machine only/) }]);
    expect(evidence.runs.map((run) => run.scenario)).toEqual(["good"]);
  });
});

describe("scenarios", () => {
  it("are found by name, and an unknown name is answered with those that there are", () => {
    expect(findScenarios(["split-brain"]).map(({ name }) => name)).toEqual(["split-brain"]);
    expect(findScenarios(["all"])).toEqual(scenarios);
    expect(() => findScenarios(["fire"])).toThrow(/"fire"; there are all, host-loss/);
  });

  it("are all in the page about the drill, with the state they end in", () => {
    const page = readFileSync(join(__dirname, "..", "..", "..", "docs", "drill.md"), "utf8");
    const rows = scenarios.map(({ name, description, endState }) => `| \`${name}\` | ${description} | ${endState} |`);
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  });
});

it("every database of the inventory has a size and is written, but for those that are empty for good", () => {
  const { databases } = loadAlaiInventory().databases;
  const unwritten = databases.filter(({ name }) => databaseShape(name).everySeconds === undefined);
  expect(unwritten.map(({ name }) => name)).toEqual(["stbs", "usage"]);
  const starts = new Set(databases.map(({ name }) => databaseShape(name).atStart));
  expect([...starts].sort()).toEqual(["absent", "empty", "filled"]);
});
