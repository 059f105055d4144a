import { join } from "node:path";
import { stringify } from "yaml";
import { ProjectDrafts } from "../../operations/project-drafts";
import { allSites } from "../../stacks/registry";
import type { SystemSites } from "../../stacks/system-sites";
import { type CommandContext, commandLine, defineCommand, done, type Outcome, scriptLine } from "../command";
import { askFor, requireAnswers } from "../confirmation";
import { CommandError, exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";
import { projectDirectory } from "../project-root";
import { writeOrSay } from "../write-drafts";

const options = {
  domain: { flags: "--domain <name>", description: "the site's host name" },
  zone: { flags: "--zone <domain>", description: "the zone that holds it; one that no inventory has comes with it" },
  owner: { flags: "--owner <whose>", description: "whose it is (default: own)", choices: ["own", "client"] },
  repository: { flags: "--repository <name>", description: "where its contents are; the Pages project has its name" },
  framework: {
    flags: "--framework <kind>",
    description: "how it is built (default: html)",
    choices: ["html", "next-export", "next", "astro"],
  },
  www: {
    flags: "--www <what>",
    description: "what www does (default: none)",
    choices: ["redirect-to-apex", "redirect-to-www", "serve", "none"],
  },
  current: {
    flags: "--current <place>",
    description: "the address or name where it is until it is moved with cutover",
  },
  ...sharedOption("cwd", "dryRun"),
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "Write a new site into the inventory, with its zone where there is none; asks for what is not given. Nothing is written that the inventory's rules refuse. Says what is left to do.",
  options,
  examples: [
    "npm run new-site -- --domain example.alai.no --zone alai.no --repository alai-example-web",
    "npm run new-site -- --domain example.com --zone example.com --repository client-example-web --owner client --current 192.0.2.7",
  ],
  stack: "none",
  run,
});

async function run(context: Context): Promise<Outcome> {
  const { domain, zone, repository } = context.options;
  requireAnswers({ "--domain": domain, "--zone": zone, "--repository": repository });
  const given = {
    ...context.options,
    domain: await askFor("The site's host name", domain),
    zone: await askFor("The zone that holds it", zone),
    repository: await askFor("Its repository, without the organisation", repository),
  };
  const root = projectDirectory(context.options);
  const [system] = allSites(root);
  if (system === undefined)
    throw new CommandError(exitCodes.badConfiguration, "no system has sites (ownCode in stacks/registry.ts)");
  const drafts = new ProjectDrafts(root);
  const inventoryFile = (name: string) => join(system.inventory, name);
  // First what the other needs, so that no moment is wrong.
  drafts.edit(inventoryFile("zones.yaml"), (text) => withZone(text, given.zone, given.owner === "client"));
  const isNewZone = drafts.paths.length > 0;
  drafts.edit(inventoryFile("sites.yaml"), (text) => withSite(text, system, siteEntry(given)));
  await drafts.check((copy) => void allSites(copy));
  writeOrSay(context, drafts);
  for (const line of whatIsLeft(context, given, system.stack, isNewZone)) context.say(line);
  return done(given.dryRun === true ? "nothing was written: a dry run" : `${given.domain} is in the inventory`);
}

type Given = OptionValues<typeof options> & {
  readonly domain: string;
  readonly zone: string;
  readonly repository: string;
};

function siteEntry({ domain, zone, owner = "own", repository, framework = "html", www, current }: Given) {
  const isAddress = current !== undefined && /^[\d.]+$/.test(current);
  return {
    ...{ domain, state: current === undefined ? "on-pages" : "to-migrate", zone, owner, repository },
    framework: { kind: framework },
    ...(www === undefined ? {} : { www }),
    ...(current === undefined
      ? {}
      : { current: isAddress ? { type: "A", address: current } : { type: "CNAME", hostname: current } }),
  };
}

/** The file with an entry more, behind the last one in the same state, as they are written there. */
function withSite(text: string, { sites }: SystemSites, entry: ReturnType<typeof siteEntry>): string {
  const beside = sites.findLast(({ state }) => state === entry.state) ?? sites.at(-1);
  const lines = text.trimEnd().split("\n");
  const start = Number(/:(\d+):\d+$/.exec(beside?.place ?? "")?.[1] ?? lines.length);
  const blank = lines.findIndex((line, index) => index >= start && line.trim() === "");
  const end = blank === -1 ? lines.length : blank;
  const block = Object.entries(entry).map(
    ([key, value], index) => `${index === 0 ? "  - " : "    "}${key}: ${inFlow(value)}`,
  );
  return `${[...lines.slice(0, end), "", ...block, ...lines.slice(end)].join("\n")}\n`;
}

function inFlow(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();
}

/** The file with the zone. Our own get what policies ask of names behind the edge; clients decide for theirs. */
function withZone(text: string, zone: string, isClients: boolean): string {
  if (text.split("\n").some((line) => line.trim() === `- domain: ${zone}`)) return text;
  const edge = [
    "    tls: { hsts: { maxAge: 31536000, includeSubdomains: true, preload: false } }",
    "    edge: { rateLimits: [{ name: visitors, requests: 300, per: 10s }] }",
  ];
  return `${[text.trimEnd(), `  - domain: ${inFlow(zone)}`, ...(isClients ? [] : edge)].join("\n")}\n`;
}

function whatIsLeft(
  context: Context,
  { domain, current, owner }: Given,
  stack: string,
  isNewZone: boolean,
): readonly string[] {
  return [
    "Left to do:",
    `    ${scriptLine("generate", [])}`,
    ...(isNewZone ? ["    if the account has the zone already, its id in zones.yaml: adopt"] : []),
    ...(isNewZone && owner === "client" ? ["    what policies ask of zones on Pages, in zones.yaml: tls, edge"] : []),
    `    ${scriptLine("preview", ["--stack", stack])}; then a pull request`,
    "    push the contents to the repository's main once it is there: its workflow deploys them",
    ...(isNewZone ? ["    the registrar lists the zone's name servers: npm run outputs names them"] : []),
    ...(current === undefined ? [] : [`    ${commandLine(context, "cutover", "--site", domain)}`]),
  ];
}
