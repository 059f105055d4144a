import { writeAtomically } from "../../lib/atomic-file";
import { today } from "../../lib/today";
import { pricesFile, readPriceTable } from "../../operations/cost/price-table";
import { refreshPrices } from "../../operations/cost/retail/refresh-prices";
import { RetailApiError } from "../../operations/cost/retail/retail-prices";
import { type CommandContext, defineCommand, done, type Outcome, writeDocument } from "../command";
import { CommandError, exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";

const options = {
  ...sharedOption("json"),
  refresh: { flags: "--refresh", description: "ask the public Azure retail price API, and write what it says" },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "Show the prices that costs are reckoned with, in operations/cost/prices.yaml; with --refresh, renew them.",
  options,
  examples: ["npm run prices", "npm run prices -- --refresh"],
  stack: "none",
  run,
});

/** Shows the price table, or asks the public retail price API for what is in it. */
async function run(context: Context): Promise<Outcome> {
  if (context.options.refresh === true) return refresh(context);
  const table = readPriceTable();
  if (context.options.json === true) writeDocument(context, table);
  for (const [name, { amount, unit, recorded = `${table.recorded}, by hand` }] of Object.entries(table.prices)) {
    context.say(`    ${name}: ${amount} ${table.currency} per ${unit} (${recorded})`);
  }
  return done(`${Object.keys(table.prices).length} prices of ${table.region}`);
}

async function refresh({ say, signal, options, output }: Context): Promise<Outcome> {
  const { text, found, unknown } = await refreshPrices({ today: today(), signal }).catch((error: unknown) => {
    if (signal.aborted) throw new CommandError(exitCodes.cancelled, "nothing was written");
    if (!(error instanceof RetailApiError)) throw error;
    throw new CommandError(error.timedOut ? exitCodes.timeout : exitCodes.error, error.message);
  });
  for (const { price, before, after } of found)
    say(`    ${price}: ${after}${before === after ? "" : `, was ${before}`}`);
  for (const { price, why } of unknown) say(`    ${price}: stays as written, ${why}`);
  if (options.json === true) writeDocument({ output }, { found, unknown });
  if (found.length > 0) writeAtomically(pricesFile, text);
  return done(`${found.length} prices found, ${unknown.length} stay as written in operations/cost/prices.yaml`);
}
