import { checkStacks } from "../../operations/new-stacks/check-stacks";
import { draftEnvironment } from "../../operations/new-stacks/draft-environment";
import { ProjectDrafts } from "../../operations/project-drafts";
import { type CommandContext, defineCommand, done, type Outcome } from "../command";
import { askFor, requireAnswers } from "../confirmation";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { projectDirectory } from "../project-root";
import { writeStacks } from "../write-drafts";

const options = {
  system: { flags: "--system <name>", description: "the system of services, as in stacks/systems.yaml" },
  environment: { flags: "--environment <name>", description: "its name: lower-case letters and digits" },
  subscription: { flags: "--subscription <id>", description: "its Azure subscription" },
  like: { flags: "--like <environment>", description: "the environment that it is made like (default: the first)" },
  ...sharedOption("cwd", "dryRun"),
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "Write a new environment of a system, made like another one of it: inventory, network, configuration, rules' parameters, and rights; asks for what is not given. Nothing is written that the rules refuse. Says what is left to do.",
  options,
  examples: [
    "npm run new-environment -- --system kimberly --environment demo --subscription 11111111-2222-4333-8444-555555555551 --like staging",
  ],
  stack: "none",
  run,
});

async function run(context: Context): Promise<Outcome> {
  const { like } = context.options;
  requireAnswers({
    "--system": context.options.system,
    "--environment": context.options.environment,
    "--subscription": context.options.subscription,
  });
  const request = {
    system: await askFor("The system", context.options.system),
    environment: await askFor("The new environment's name", context.options.environment),
    subscription: await askFor("The id of its subscription", context.options.subscription),
    like,
  };
  const root = projectDirectory(context.options);
  const drafts = new ProjectDrafts(root);
  const drafted = draftEnvironment(drafts, root, request);
  await drafts.check((project) => checkStacks(root, project, drafted.stacks));
  writeStacks(context, drafts, drafted);
  if (context.options.dryRun === true) return done("nothing was written: a dry run");
  const [stack] = drafted.stacks;
  return done(
    drafts.paths.length === 0 ? `${stack?.name} is there already` : `${stack?.name} is a stack of ${request.system}`,
  );
}
