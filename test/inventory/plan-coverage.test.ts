import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { applicationFiles } from "../../components/app-release/app-release";
import { type Monitoring, ruleGroupsIn } from "../../components/observability/rule-groups";
import { applicationPlan } from "../../stacks/alai/applications";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { loadApplicationInventory } from "../../stacks/inventory/application-inventory";
import { addressBlockOf } from "../../stacks/registry";

const root = join(__dirname, "..", "..");
const docs = join(root, "docs");
const page = readFileSync(join(docs, "plan-coverage.md"), "utf8");
const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const alai = loadAlaiInventory();
const monitoringOf = (system: string) =>
  loadApplicationInventory(join(root, "stacks", system, "inventory"), addressBlockOf(system)).monitoring;

/** What a system's monitoring has, by the names that the page uses. */
function watchedIn(monitoring: Monitoring): readonly string[] {
  return [
    ...monitoring.rules.map(({ watch, signal }) => `${watch} ${signal}`),
    ...ruleGroupsIn({ ...monitoring, slos: [] }, "prod").flatMap(({ rules }) =>
      rules.flatMap((rule) => ("alert" in rule ? [rule.alert] : [])),
    ),
    ...(monitoring.slos ?? []).map(({ name }) => name),
    ...(monitoring.dashboards ?? []).flatMap(({ panels }) => panels.map(({ title }) => title)),
  ];
}

const watched: Readonly<Record<string, readonly string[]>> = {
  ALAI: [...watchedIn(alai.monitoring), ...alai.edge.alerts.map(({ name }) => name)],
  LatticeForge: watchedIn(monitoringOf("latticeforge")),
  Kimberly: watchedIn(monitoringOf("kimberly")),
  BetterWorld: watchedIn(monitoringOf("betterworld")),
};
const everything = Object.values(watched).flat();

/** The alerts that each objective makes. */
const objectives = ["latticeforge", "kimberly"].flatMap((system) =>
  ruleGroupsIn(monitoringOf(system), "prod").flatMap(({ rules }) =>
    rules.flatMap((rule) => ("alert" in rule ? [rule.alert] : [])),
  ),
);
const workflows = alai.pipelines.applications.flatMap((entry) =>
  Object.keys(applicationFiles(applicationPlan(entry, alai, "alai-org"))),
);

interface Row {
  readonly system: string;
  readonly plan: string;
  readonly here: string;
  readonly test: string;
}

const rows = page.split(/^## /m).flatMap((section) =>
  [...section.matchAll(/^\| (?!Plan|-)(.*) \| (.*) \| ?(.*) ?\|$/gm)].map(
    ([, plan = "", here = "", test = ""]): Row => {
      return { system: section.split("\n")[0] ?? "", plan, here, test };
    },
  ),
);
/** What names stand for: a file with tests, and the title of one. */
const tests = new Map(
  [...page.matchAll(/^\[(.+)\]: (\S+) "(.+)"$/gm)].map(([, name = "", file = "", title = ""]) => [
    name,
    { file, title },
  ]),
);
const named = ({ here }: Pick<Row, "here">) => [...here.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);

function isThere(name: string, system: string): boolean {
  if (name.startsWith("npm run ")) return name.slice("npm run ".length) in scripts;
  if (name.includes("/")) return existsSync(join(root, name));
  return [...(watched[system] ?? everything), ...objectives, ...workflows].includes(name);
}

/** What is wrong with a row; nothing when it says where everything is. */
function problemsOf({ system, plan, here, test }: Row): readonly string[] {
  const strangers = named({ here }).filter((name) => !isThere(name, system));
  const links = [...here.matchAll(/\]\(([^)]+)\)/g)].map(([, path = ""]) => path);
  const lost = links.filter((path) => !existsSync(join(docs, path)));
  const references = [...test.matchAll(/\[([^\]]+)\]/g)].map(([, name = ""]) => name);
  const untested = references.filter((name) => !tests.has(name));
  const decided = links.some((path) => path.startsWith("decisions/"));
  return [
    ...[...strangers, ...lost, ...untested].map((name) => `${plan}: there is no ${name}`),
    ...(references.length === 0 && !decided ? [`${plan}: neither a test nor a decision`] : []),
  ];
}

describe("docs/plan-coverage.md", () => {
  it("names only what there is, and tests that there are", () => {
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.flatMap(problemsOf)).toEqual([]);
    for (const [name, { file, title }] of tests) {
      const text = readFileSync(join(docs, file), "utf8");
      expect([name, text.includes(`"${title}"`)]).toEqual([name, true]);
    }
    const used = rows.map(({ test }) => test).join();
    expect([...tests.keys()].filter((name) => !used.includes(`[${name}]`))).toEqual([]);
  });

  it.each(Object.entries(watched))("has everything that is watched of %s", (system, names) => {
    const here = new Set(rows.filter((row) => row.system === system).flatMap(named));
    expect(names.filter((name) => !here.has(name))).toEqual([]);
  });

  it("has every workflow, and every page that says what to do", () => {
    const here = new Set(rows.flatMap(named));
    const runbooks = readdirSync(join(docs, "runbooks")).map((file) => `docs/runbooks/${file}`);
    expect([...workflows, ...runbooks].filter((name) => !here.has(name))).toEqual([]);
  });

  it("is not content with a name that nothing has, or a row that leads nowhere", () => {
    const row = { system: "ALAI", plan: "p", here: "`app dwn`", test: "[signls]" };
    expect(problemsOf(row)).toEqual(["p: there is no app dwn", "p: there is no signls"]);
    expect(problemsOf({ ...row, here: "[0099](decisions/0099.md)", test: "" })).toEqual([
      "p: there is no decisions/0099.md",
    ]);
    expect(problemsOf({ ...row, here: "`npm run up`", test: "" })).toEqual(["p: neither a test nor a decision"]);
  });
});
