import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import benchmark from "../../policies/benchmark.json";
import { exceptionChecks } from "../../policies/exceptions";
import { loadRulePack } from "../../policies/rule-pack";
import { ruleIds, rules, stackRules } from "../../policies/rules";

/** Options, and what the plan of the systems only warns of; every other rule stops a deployment. */
const notMandatory = {
  "required-tags": "advisory",
  "environment-tag": "advisory",
  "storage-own-key": "disabled",
  "postgres-own-key": "disabled",
  "registry-own-tokens": "disabled",
  "blob-point-in-time-restore": "disabled",
  "stack-parity": "advisory",
};

const allRules = [...rules, ...stackRules];

describe("the pack", () => {
  it("has the rules of every file in policies/rules", () => {
    const written = readdirSync(join("policies", "rules"), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .flatMap(({ name }) => [...readFileSync(join("policies", "rules", name), "utf8").matchAll(/^ {4}id: "(.*)",$/gm)])
      .map(([, id]) => id);
    expect(written.length).toBeGreaterThan(100);
    expect([...ruleIds].sort()).toEqual(written.sort());
    expect(new Set(ruleIds).size).toBe(ruleIds.length);
    expect([...loadRulePack().rules, ...loadRulePack().stackRules]).toHaveLength(ruleIds.length);
  });

  it("has exactly these checks of the exceptions", () => {
    expect(exceptionChecks.map(({ id, level }) => [id, level])).toEqual([
      ["exceptions-expired", "mandatory"],
      ["exceptions-unused", "advisory"],
    ]);
  });

  it("stops deployments that break its rules, but for these", () => {
    const others = allRules.filter(({ level }) => level !== "mandatory");
    expect(Object.fromEntries(others.map(({ id, level }) => [id, level]))).toEqual(notMandatory);
  });

  it("instantiates PolicyPack in one place", () => {
    const files = readdirSync("policies", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const instantiating = files.filter((file) =>
      readFileSync(join("policies", file), "utf8").includes("new PolicyPack"),
    );
    expect(instantiating).toEqual(["index.ts"]);
  });
});

describe("the benchmark", () => {
  const rowsOf = new Map(benchmark.map((row) => [row.row, row]));

  it("has the 76 rows that the project was given, and has its own numbered on", () => {
    expect(benchmark.length).toBeGreaterThanOrEqual(76);
    expect(benchmark.map(({ row }) => row)).toEqual(benchmark.map((_, index) => index + 1));
  });

  it("is covered in every row, or says why not", () => {
    const covered = new Set(allRules.flatMap(({ benchmarkRow }) => benchmarkRow ?? []));
    const open = benchmark.filter(({ row }) => !covered.has(row));
    expect(open.filter((row) => !("notCovered" in row))).toEqual([]);
    expect(benchmark.filter((row) => "notCovered" in row && covered.has(row.row))).toEqual([]);
    const rows = benchmark.map(({ row }) => row);
    expect([...covered].filter((row) => !rows.includes(row))).toEqual([]);
    expect(rows.slice(0, 76).filter((row) => !covered.has(row))).toEqual([]);
  });

  it.each(allRules)("has the controls of $id in its row", ({ controls, benchmarkRow }) => {
    const row = benchmarkRow === undefined ? undefined : rowsOf.get(benchmarkRow);
    expect(controls.length).toBeGreaterThan(0);
    // What one rule asks of a service, another row may ask of all.
    const elsewhere = benchmark.flatMap((other) => other.controls);
    const told = "policies/benchmark.json has them in a row, and the rule's benchmarkRow is its number";
    expect(["Own", ...(row === undefined ? [] : elsewhere)], told).toEqual(expect.arrayContaining([...controls]));
  });

  it.each(benchmark)("has no control in row $row that no rule claims", ({ row, controls }) => {
    const claimed = allRules.flatMap((rule) => (rule.benchmarkRow === row ? rule.controls : []));
    const byOthers = allRules.filter(({ benchmarkRow }) => benchmarkRow !== row).flatMap((rule) => rule.controls);
    expect(controls.filter((control) => !claimed.includes(control) && !byOthers.includes(control))).toEqual([]);
    expect(claimed.length).toBeGreaterThan(0);
  });

  it.each(benchmark)("has no type in row $row that no rule reads", ({ row, types }) => {
    const read = allRules
      .filter(({ benchmarkRow }) => benchmarkRow === row)
      .flatMap((rule) => [...rule.types, ...("companions" in rule ? rule.companions : [])]);
    expect(types.filter((type) => !read.includes(type))).toEqual([]);
  });
});
