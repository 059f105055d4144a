import { didYouMean } from "../../lib/closest-name";
import { listed } from "../../lib/located-yaml/messages";
import { actionGroups } from "../../operations/alert-test";
import { type CommandContext, defineCommand, done, neverDeployedError, type Outcome, writeDocument } from "../command";
import { badOption, CommandError, exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";

const options = {
  ...sharedOption("stack", "engine", "cwd", "json"),
  severity: {
    flags: "--severity <name>",
    description: "only whom alerts of this severity tell: critical, warning or info. Default: all",
  },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description: "Send a test message to everybody whom a stack's alerts tell, and say what became of each.",
  options,
  examples: [
    "npm run alert-test -- --stack latticeforge-prod",
    "npm run -s alert-test -- --stack prod --severity critical --engine pulumi --json",
  ],
  stack: "named",
  run,
});

async function run(context: Context): Promise<Outcome> {
  const engine = await context.open();
  try {
    const state = await engine.exportedState();
    if (state === undefined) throw neverDeployedError(context);
    const groups = actionGroups(state);
    if (groups.size === 0)
      throw new CommandError(exitCodes.badConfiguration, `${context.stack} has no alerts: it watches nothing`);
    const { severity: asked } = context.options;
    const known = [...groups.keys()];
    if (asked !== undefined && !groups.has(asked))
      throw badOption(`--severity ${asked}: ${context.stack} tells of ${listed(known)}${didYouMean(asked, known)}`);
    const deliveries = [];
    for (const [severity, id] of groups) {
      if (asked !== undefined && asked !== severity) continue;
      for (const one of await engine.alertTester.send(id)) deliveries.push({ severity, ...one });
    }
    if (context.options.json === true) {
      writeDocument(context, { stack: context.stack, deliveries });
    } else {
      for (const { severity, receiver, arrived, said } of deliveries)
        context.say(
          `    ${severity.padEnd(9)} ${receiver.padEnd(16)} ${arrived ? "arrived" : "did not arrive"}  ${said}`,
        );
    }
    const lost = deliveries.filter(({ arrived }) => !arrived);
    if (lost.length === 0) return done(`${deliveries.length} messages, all arrived`);
    const summary = `${lost.length} of ${deliveries.length} messages did not arrive, exit code ${exitCodes.resource}`;
    return { exitCode: exitCodes.resource, summary };
  } finally {
    await engine.close();
  }
}
