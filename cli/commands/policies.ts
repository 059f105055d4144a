import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { coverageLegend, coverageTable } from "../../operations/policies/coverage-table";
import { policiesPage } from "../../operations/policies/policies-page";
import { ruleCoverage } from "../../operations/policies/rule-coverage";
import { rehearsedShapes } from "../../operations/policies/stack-shapes";
import { stackDefinitions } from "../../stacks/registry";
import { type Command, type CommandContext, done, type Outcome } from "../command";
import { projectRoot } from "../project-root";

/** Lists the rules and what they check in each stack, or writes the page about them and the shapes that stacks are compared with. */
export const policies: Command = async (context) => {
  if (context.options.write === true) return write(context);
  const names = stackNames();
  context.say(`deploys ${names.join(", ")} to a world in memory first, to count: about ${3 * names.length} seconds`);
  const rules = await ruleCoverage(projectRoot, names, context.signal);
  if (context.options.json === true) context.output.write(`${JSON.stringify(rules, undefined, 2)}\n`);
  else for (const line of [...coverageLegend, "", ...coverageTable(rules)]) context.say(line);
  const idle = rules.filter((rule) => rule.stacks.every(({ checked }) => checked === 0));
  return done(`${rules.length} rules, ${idle.length} of them checked nothing in any stack`);
};

async function write({ signal }: CommandContext): Promise<Outcome> {
  const shapes = await rehearsedShapes(projectRoot, stackNames(), signal);
  const page = { path: join(projectRoot, "docs", "policies.md"), text: policiesPage(join(projectRoot, "policies")) };
  for (const { path, text } of [...shapes, page]) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return done(`docs/policies.md and ${shapes.length} of policies/shapes written`);
}

function stackNames(): readonly string[] {
  return stackDefinitions.map(({ name }) => name);
}
