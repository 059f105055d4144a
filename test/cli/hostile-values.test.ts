import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type SmallProject, smallProject } from "./small-project";

/** What somebody who writes a value, a name or a message would try on a log, a terminal or a reader. */
const hostile: Readonly<Record<string, string>> = {
  commands: "\n::add-mask::prod\n::set-output name=x::y\n  ::error file=a::b\n##[set-output name=digest]evil",
  return: "a\r::error file=x::boo",
  middle: "x ##[add-mask]prod y ::stop-commands::token z",
  colours:
    "\u001b[31mred\u001b[0m \u009b31m C1 \u001b]8;;https://evil.example\u0007link\u001b]0;title\u0007 \u001bP DCS \u001b\\ \u001bc",
  direction: "\u202eevil\u202c \u2066x\u2069 \u200bzero \u061c \ufeff",
  markup:
    "<img src=x onerror=alert(1)> @everyone #1 </summary></details> ``` \n```\n# heading | `tick` [click](https://evil.example)",
};

const program = `import * as pulumi from "@pulumi/pulumi";
import { IssueLabel, Repository } from "@pulumi/github";
import { StorageAccount } from "@pulumi/azure-native/storage";
const hostile: Record<string, string> = ${JSON.stringify(hostile)};
for (const [key, text] of Object.entries(hostile)) {
  new Repository(key, { name: \`evil-\${key}\`, description: \`\${process.env.AGAIN ?? ""}\${text}\`, visibility: "private" });
  new IssueLabel(text, { repository: "alai-infra", name: key, color: "ffffff", description: text.slice(0, 90) });
  pulumi.log.warn(text);
  console.log(text);
  console.error(text);
}
if (process.env.PUBLIC === "1") {
  new StorageAccount(hostile.commands ?? "", {
    resourceGroupName: hostile.commands ?? "", accountName: "evilaccount", kind: "StorageV2", location: "swedencentral",
    sku: { name: "Standard_LRS" }, allowBlobPublicAccess: true, tags: hostile,
  });
}
if (process.env.THROWS === "1") throw new Error(Object.values(hostile).join(" "));
export const values = hostile;
export const keys = Object.fromEntries(Object.entries(hostile).map(([key, text]) => [text, key]));
`;

const reachesTheRunner = /^\s*::\w[^\n]*::|::(add-mask|stop-commands|set-output|error)( [^\n]*)?::|##\[/m;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const reachesTheReader = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/;
/** Written by the report itself, after `@` and `#`, so that nobody is called and nothing is linked. */
const ownZeroWidthSpaces = /(?<=[@#-])\u200b/g;

let project: SmallProject;
const policies = join(__dirname, "..", "..", "policies");
beforeAll(() => {
  project = smallProject();
  project.write("index.ts", program);
});
afterAll(() => project.remove());

function expectHarmless(text: string, where: string): void {
  expect(text.match(reachesTheRunner)?.[0], where).toBeUndefined();
  expect(text.replace(ownZeroWidthSpaces, "").match(reachesTheReader)?.[0], where).toBeUndefined();
}

it.each([
  { args: ["preview", "--diff"], shows: "to create" },
  { args: ["preview", "--json"], shows: "evil-commands" },
  { args: ["preview", "--policy-pack", policies], environment: { PUBLIC: "1" }, shows: "mandatory" },
  { args: ["up", "--yes"], environment: { THROWS: "1" }, shows: "onerror" },
  { args: ["up", "--yes"], shows: "created" },
  { args: ["preview", "--diff"], environment: { AGAIN: "again " }, shows: "again " },
  { args: ["outputs"], shows: "values" },
  { args: ["outputs", "--json"], shows: "onerror" },
  { args: ["drift"], shows: "drift" },
  { args: ["drift", "--json"], shows: "stack" },
  { args: ["refresh", "--stack", "dev", "--yes"], shows: "unchanged" },
  { args: ["destroy", "--stack", "dev", "--yes"], shows: "deleted" },
])(
  "$args of hostile values write nothing that a runner or a reader obeys",
  async ({ args, environment, shows }) => {
    const { output, errors } = await project.runHere(args, environment);
    expect(output + errors).toContain(shows);
    expectHarmless(output, args.join(" "));
    expectHarmless(errors, `errors of ${args.join(" ")}`);
  },
  60_000,
);

it("a report of hostile values has none in its files, and calls nobody", async () => {
  const summary = join(project.directory, "summary.md");
  const directory = join(project.directory, "report");
  const environment = { PUBLIC: "1", GITHUB_STEP_SUMMARY: summary };
  await project.runHere(["report", "--policy-pack", policies, "--output", directory], environment);
  for (const file of [summary, ...readdirSync(directory).map((name) => join(directory, name))]) {
    const text = readFileSync(file, "utf8");
    expect(text, file).toContain("evil");
    expectHarmless(text, file);
    if (!file.endsWith(".md")) continue;
    const outsideFences = text.replace(/^(`{3,})\w*\n[\s\S]*?\n\1$/gm, "");
    expect(outsideFences.match(/<img|@everyone|^# heading|(?<!\\)\]\(https:\/\/evil/m)?.[0], file).toBeUndefined();
  }
}, 60_000);
