import { join } from "node:path";
import { writeAtomically } from "../../lib/atomic-file";
import { cloudflareAddresses, cloudflareAddressesFile as file } from "../../lib/cloudflare-addresses";
import { AddressesError, addressChanges, publishedAddresses } from "../../operations/edge/published-addresses";
import { type CommandContext, defineCommand, done, type Outcome, writeDocument } from "../command";
import { CommandError, exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";

const options = {
  ...sharedOption("json"),
  refresh: { flags: "--refresh", description: `ask Cloudflare, and write what it says into ${file}` },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description: "Show the addresses that origins behind the edge let in; with --refresh, renew them.",
  options,
  examples: ["npm run cloudflare-addresses", "npm run cloudflare-addresses -- --refresh"],
  stack: "none",
  run,
});

/** Shows Cloudflare's addresses, or asks for them. They are let in by the next deployment of who lets them in. */
async function run({ options: given, output, say, signal }: Context): Promise<Outcome> {
  const addresses = given.refresh === true ? await refreshed(signal) : cloudflareAddresses;
  if (given.json === true) writeDocument({ output }, addresses);
  const count = addresses.ipv4.length + addresses.ipv6.length;
  if (given.refresh !== true) {
    for (const block of [...addresses.ipv4, ...addresses.ipv6]) say(`    ${block}`);
    return done(`${count} blocks of addresses in ${file}`);
  }
  const changes = addressChanges(cloudflareAddresses, addresses);
  for (const change of changes) say(`    ${change}`);
  if (changes.length === 0) return done(`${count} blocks of addresses in ${file} are as Cloudflare has them`);
  writeAtomically(join(__dirname, "..", "..", file), `${JSON.stringify(addresses, null, 2)}\n`);
  return done(`${changes.length} changes written to ${file}; the next deployments let them in`);
}

async function refreshed(signal: AbortSignal) {
  return publishedAddresses({ signal }).catch((error: unknown) => {
    if (signal.aborted) throw new CommandError(exitCodes.cancelled, "nothing was written");
    if (!(error instanceof AddressesError)) throw error;
    throw new CommandError(exitCodes.error, error.message);
  });
}
