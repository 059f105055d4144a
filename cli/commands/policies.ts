import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ruleIndex, ruleIndexFile } from "../../operations/policies/rule-index";
import { stackDefinitions } from "../../stacks/registry";
import { type Command, type CommandContext, done, type Outcome } from "../command";
import { projectRoot } from "../project-root";

/** Lists the rules and what they check in each stack, or writes what is generated from them: list, page, and compared settings. */
export const policies: Command = async (context) => {
  if (context.options.write === true) return write(context);
  const {
    coverageLegend,
    coverageTable,
  }: typeof import("../../operations/policies/coverage-table") = require("../../operations/policies/coverage-table");
  const {
    ruleCoverage,
  }: typeof import("../../operations/policies/rule-coverage") = require("../../operations/policies/rule-coverage");
  const names = stackNames();
  context.say(`deploys ${names.join(", ")} to a world in memory first, to count: about ${3 * names.length} seconds`);
  const rules = await ruleCoverage(projectRoot, names, context.signal);
  if (context.options.json === true) context.output.write(`${JSON.stringify(rules, undefined, 2)}\n`);
  else for (const line of [...coverageLegend, "", ...coverageTable(rules)]) context.say(line);
  const idle = rules.filter((rule) => rule.stacks.every(({ checked }) => checked === 0));
  return done(`${rules.length} rules, ${idle.length} of them checked nothing in any stack`);
};

/** The list of rules comes first: the pack is loaded after it, because it cannot be while the list names a rule that is gone. */
async function write({ signal }: CommandContext): Promise<Outcome> {
  const pack = join(projectRoot, "policies");
  writeFileSync(join(pack, ruleIndexFile), ruleIndex(pack));
  const {
    policiesPage,
  }: typeof import("../../operations/policies/policies-page") = require("../../operations/policies/policies-page");
  const {
    rehearsedShapes,
  }: typeof import("../../operations/policies/stack-shapes") = require("../../operations/policies/stack-shapes");
  const shapes = await rehearsedShapes(projectRoot, stackNames(), signal);
  const page = { path: join(projectRoot, "docs", "policies.md"), text: policiesPage(pack) };
  for (const { path, text } of [...shapes, page]) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return done(`policies/${ruleIndexFile}, docs/policies.md and ${shapes.length} of policies/shapes written`);
}

function stackNames(): readonly string[] {
  return stackDefinitions.map(({ name }) => name);
}
