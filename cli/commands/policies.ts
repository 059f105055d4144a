import { coverageLegend, coverageTable, ruleCoverage } from "../../operations/policies/rule-coverage";
import { stackDefinitions } from "../../stacks/registry";
import { type CommandContext, defineCommand, done, type Outcome, writeDocument } from "../command";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { projectRoot } from "../project-root";

const options = {
  ...sharedOption("json"),
  list: { flags: "--list", description: "the rules, and what they check in each stack: what the command does anyway" },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "List the policy pack's rules, and how many resources of each stack each one checks. Deploys the stacks to a world in memory.",
  options,
  examples: ["npm run policies -- --list", "npm run -s policies -- --json > policies.json"],
  stack: "none",
  deploys: true,
  run,
});

/** Lists the rules and what they check in each stack. */
async function run(context: Context): Promise<Outcome> {
  const names = stackNames();
  context.say(`deploys ${names.join(", ")} to a world in memory first, to count: about ${3 * names.length} seconds`);
  const rules = await ruleCoverage(projectRoot, names, context.signal);
  if (context.options.json === true) writeDocument(context, rules);
  else for (const line of [...coverageLegend, "", ...coverageTable(rules)]) context.say(line);
  const idle = rules.filter((rule) => rule.stacks.every(({ checked }) => checked === 0));
  return done(`${rules.length} rules, ${idle.length} of them checked nothing in any stack`);
}

function stackNames(): readonly string[] {
  return stackDefinitions.map(({ name }) => name);
}
