import { coverageLegend, coverageTable, ruleCoverage } from "../../operations/policies/rule-coverage";
import { stackDefinitions } from "../../stacks/registry";
import { type Command, done } from "../command";
import { projectRoot } from "../project-root";

/** Lists the rules and what they check in each stack. */
export const policies: Command = async (context) => {
  const names = stackNames();
  context.say(`deploys ${names.join(", ")} to a world in memory first, to count: about ${3 * names.length} seconds`);
  const rules = await ruleCoverage(projectRoot, names, context.signal);
  if (context.options.json === true) context.output.write(`${JSON.stringify(rules, undefined, 2)}\n`);
  else for (const line of [...coverageLegend, "", ...coverageTable(rules)]) context.say(line);
  const idle = rules.filter((rule) => rule.stacks.every(({ checked }) => checked === 0));
  return done(`${rules.length} rules, ${idle.length} of them checked nothing in any stack`);
};

function stackNames(): readonly string[] {
  return stackDefinitions.map(({ name }) => name);
}
