import { rollBack } from "../../operations/release/run-release";
import { loadServices } from "../../stacks/inventory/application-inventory";
import { stackDefinition } from "../../stacks/registry";
import { carryOut, whoAsks } from "../carry-out-release";
import { type CommandContext, cancelledOutcome, defineCommand, done, type Outcome } from "../command";
import { badOption } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { agreed, deployedOf } from "./release";

const options = {
  ...sharedOption("stack", "engine", "cwd", "json", "dryRun", "yes"),
  service: { flags: "--service <name>", description: "the app that goes back" },
  to: {
    flags: "--to <revision>",
    description: "the revision that serves again (default: the one before, with another image)",
  },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description: "Give an earlier revision of an app all requests again; of an interrupted release, the one before it.",
  options,
  examples: [
    "npm run rollback -- --stack latticeforge-prod --service api",
    "npm run rollback -- --stack dev --service mc-api --to mc-api--0000002",
  ],
  stack: "named",
  run,
});

async function run(context: Context): Promise<Outcome> {
  const { service = "", to, dryRun } = context.options;
  const engine = await context.open();
  try {
    const services = await deployedOf(context, engine);
    const apps = [...services.values()].filter(({ kind }) => kind === "app").map(({ name }) => name);
    const found = services.get(service);
    if (found?.kind !== "app")
      throw badOption(`--service ${service}: expected an app of ${context.stack}: ${apps.join(", ")}`);
    context.say(`    ${service}: goes back to ${to ?? "the revision before"}`);
    if (dryRun === true) return done("nothing was changed: a dry run");
    if (!(await agreed(context, "Roll this back on"))) return cancelledOutcome(context, "nothing was changed");
    const { readyMinutes = 5 } = loadServices(stackDefinition(context.stack).system).release ?? {};
    const order = { service, appId: found.id, by: whoAsks(), readyMinutes, to };
    return await carryOut(context, engine, [{ service: found, work: (tools) => rollBack(order, tools) }]);
  } finally {
    await engine.close();
  }
}
