import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { coverageTable } from "../../operations/policies/coverage-table";
import { policiesPage } from "../../operations/policies/policies-page";
import { ruleCoverage } from "../../operations/policies/rule-coverage";
import { stackDefinitions } from "../../stacks/stack-registry";
import { type Command, done } from "../command";
import { projectRoot } from "../project-root";

/** Lists the rules and what they check in each stack, or writes the page about them. */
export const policies: Command = async (context) => {
  if (context.options.write === true) {
    writeFileSync(join(projectRoot, "docs", "policies.md"), policiesPage(join(projectRoot, "policies")));
    return done("docs/policies.md written");
  }
  const stacks = stackDefinitions.map(({ name }) => name);
  const rules = await ruleCoverage(projectRoot, stacks, context.signal);
  if (context.options.json === true) context.output.write(`${JSON.stringify(rules, undefined, 2)}\n`);
  else for (const line of coverageTable(rules)) context.say(line);
  const idle = rules.filter((rule) => rule.stacks.every(({ checked }) => checked === 0));
  return done(`${rules.length} rules, ${idle.length} of them checked nothing in any stack`);
};
