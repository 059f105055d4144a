import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { policiesPage } from "../../operations/policies/policies-page";
import { coverageLegend, coverageTable } from "../../operations/policies/rule-coverage";
import benchmark from "../../policies/benchmark.json";
import { ruleIds, rules, stackRules } from "../../policies/rules";

describe("docs/policies.md", () => {
  it("is what npm run generate writes", () => {
    expect(readFileSync("docs/policies.md", "utf8")).toBe(policiesPage("policies"));
  });

  it("names every rule, and how much of the benchmark is covered", () => {
    const page = policiesPage("policies");
    expect(ruleIds.filter((id) => !page.includes(`| \`${id}\` |`))).toEqual([]);
    const covered = new Set([...rules, ...stackRules].flatMap(({ benchmarkRow }) => benchmarkRow ?? []));
    expect(page).toContain(`${covered.size} of ${benchmark.length} rows are covered.`);
  });
});

describe("the list of rules", () => {
  const rule = { rule: "one", family: "tagging", controls: ["Own"], level: "mandatory", types: ["a:b:C"] } as const;
  const counted = (stacks: Parameters<typeof coverageTable>[0][number]["stacks"]) =>
    coverageTable([{ ...rule, stacks }]);

  it("says how many resources of each stack a rule checked, and where its level differs", () => {
    const lines = counted([
      { stack: "prod", level: "mandatory", checked: 3 },
      { stack: "dev", level: "advisory", checked: 2 },
      { stack: "test", level: "disabled", checked: 0 },
    ]);
    expect(lines[0]).toMatch(/prod +dev +test$/);
    expect(lines[1]).toMatch(/one +mandatory +3 +2 a +off$/);
    expect(lines[2]).toContain("Own · a:b:C");
    expect(lines).toHaveLength(3);
  });

  it("has a legend for every mark in it", () => {
    const marks = (["mandatory", "advisory", "disabled"] as const).map((level) =>
      counted([{ stack: "prod", level, checked: 2 }])[1]
        ?.split(/ +/)
        .slice(2)
        .join(" "),
    );
    expect(marks).toEqual(["2", "2 a", "off"]);
    for (const mark of ["number", "a", "off"])
      expect(coverageLegend.join("\n")).toMatch(new RegExp(`^.*\\b${mark}\\b.*:`, "m"));
  });

  it("says when a rule checked nothing", () => {
    const lines = counted([{ stack: "prod", level: "mandatory", checked: 0 }]);
    expect(lines[3]).toContain("checked nothing in any stack");
  });
});
