import { checkStacks } from "../../operations/new-stacks/check-stacks";
import { draftSystem } from "../../operations/new-stacks/draft-system";
import { ProjectDrafts } from "../../operations/project-drafts";
import { type CommandContext, defineCommand, done, type Outcome } from "../command";
import { askFor, requireAnswers } from "../confirmation";
import { CommandError, exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { projectDirectory } from "../project-root";
import { writeStacks } from "../write-drafts";

const options = {
  system: { flags: "--system <name>", description: "its name: lower-case letters and digits" },
  environments: {
    flags: "--environments <names>",
    description: "its environments, in the order in which they promote (default: staging,prod)",
  },
  subscription: {
    flags: "--subscription <environment=id>",
    description: "the Azure subscription of an environment, or with an id alone of all; can be repeated",
    repeatable: true,
  },
  from: {
    flags: "--from <system>",
    description: "the system of services whose configuration and rights it gets (default: the first)",
  },
  block: { flags: "--block <block>", description: "its private addresses (default: the next free /12)" },
  ...sharedOption("cwd", "dryRun"),
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

const ids = ["11111111-2222-4333-8444-555555555551", "11111111-2222-4333-8444-555555555552"];

export const command = defineCommand({
  description:
    "Write a new system: an inventory to begin with, and for each environment a stack with configuration, rules' parameters and rights; asks for what is not given. Nothing is written that the rules refuse. Says what is left to do.",
  options,
  examples: [
    `npm run new-system -- --system acme --subscription staging=${ids[0]} --subscription prod=${ids[1]}`,
    `npm run new-system -- --system acme --environments staging --subscription ${ids[0]} --from kimberly --dry-run`,
  ],
  stack: "none",
  run,
});

async function run(context: Context): Promise<Outcome> {
  const { environments = "staging,prod", from, block } = context.options;
  const names = environments
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const given = subscriptionsOf(context.options.subscription ?? [], names);
  const missing = names.filter((name) => given[name] === undefined);
  requireAnswers({
    "--system": context.options.system,
    ...Object.fromEntries(missing.map((name) => [`--subscription ${name}=ID`, undefined])),
  });
  const system = await askFor("The system's name", context.options.system);
  const subscriptions = { ...given };
  for (const name of missing) subscriptions[name] = await askFor(`The id of the subscription of ${name}`, undefined);
  const root = projectDirectory(context.options);
  const drafts = new ProjectDrafts(root);
  const drafted = draftSystem(drafts, root, { system, environments: names, subscriptions, from, block });
  await drafts.check((project) => checkStacks(root, project, drafted.stacks));
  writeStacks(context, drafts, drafted);
  if (context.options.dryRun === true) return done("nothing was written: a dry run");
  const stacks = drafted.stacks.map(({ name }) => name).join(", ");
  return done(drafts.paths.length === 0 ? `${system} is there already` : `${stacks}: stacks of ${system}`);
}

/** By environment. */
function subscriptionsOf(given: readonly string[], environments: readonly string[]): Record<string, string> {
  const subscriptions: Record<string, string> = {};
  for (const text of given) {
    const [name, ...rest] = text.split("=");
    const id = rest.join("=");
    if (rest.length === 0) for (const each of environments) subscriptions[each] ??= text;
    else if (name !== undefined && environments.includes(name)) subscriptions[name] = id;
    else
      throw new CommandError(
        exitCodes.badConfiguration,
        `--subscription ${text}: expected one of ${environments.join(", ")} before "="`,
      );
  }
  return subscriptions;
}
