import { newOutputLines } from "../../deployment/display/stack-outputs";
import { printableJson } from "../../deployment/display/terminal";
import { type CommandContext, defineCommand, done, neverDeployedError, type Outcome } from "../command";
import { type OptionTable, type OptionValues, sharedOption } from "../options";

const options = {
  ...sharedOption("stack", "engine", "cwd", "json"),
  showSecrets: { flags: "--show-secrets", description: "print secret outputs in clear text" },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description: "Print a stack's outputs; with --json as one document.",
  options,
  examples: ["npm run outputs -- --stack dev", "npm run -s outputs -- --stack prod --json"],
  stack: "dev",
  run,
});

async function run(context: Context): Promise<Outcome> {
  const engine = await context.open();
  try {
    const values = await engine.outputs(context.options.showSecrets === true);
    if (values === undefined) throw neverDeployedError(context);
    if (context.options.json === true) context.output.write(`${printableJson(values, 2)}\n`);
    else for (const line of newOutputLines(values)) context.say(`    ${line}`);
    const count = Object.keys(values).length;
    return done(`${count} ${count === 1 ? "output" : "outputs"}`);
  } finally {
    await engine.close();
  }
}
