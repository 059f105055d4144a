import { newOutputLines } from "../../deployment/display/stack-outputs";
import { type Command, done, neverDeployed } from "../command";

export const outputs: Command = async (context) => {
  const engine = await context.open();
  try {
    const values = await engine.outputs(context.options.showSecrets === true);
    if (values === undefined) throw neverDeployed(context);
    if (context.options.json === true) context.output.write(`${JSON.stringify(values, undefined, 2)}\n`);
    else for (const line of newOutputLines(values)) context.say(`    ${line}`);
    const count = Object.keys(values).length;
    return done(`${count} ${count === 1 ? "output" : "outputs"}`);
  } finally {
    await engine.close();
  }
};
