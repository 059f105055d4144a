import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { shippingFolders } from "./shipping-folders";

const root = join(__dirname, "..", "..");

/** What only one place may do: how a copy of it would read, and where it is at home. */
interface Home {
  readonly concept: string;
  /** Matches a line that does it. */
  readonly sign: RegExp;
  /** Files and folders that may. */
  readonly at: readonly string[];
}

const homes: readonly Home[] = [
  { concept: "post to a Slack channel: postToSlack", sign: /<!(channel|here|everyone)>/, at: ["lib/slack.ts"] },
  {
    concept: "read IPv4 addresses: parseAddress, parseBlock, parseAlignedBlock",
    sign: /\\d\{1,3\}\)?\\\.|isIPv4|split\("\."\)\.(map|reduce)\(.*Number/,
    at: ["lib/ipv4.ts"],
  },
  { concept: "read cron expressions: cronProblems, runsPerMonth", sign: /"day of (week|month)"/, at: ["lib/cron.ts"] },
  {
    concept: "read durations: parseDuration, durationSeconds",
    sign: /\bd: 86_?400/,
    at: ["lib/duration.ts"],
  },
  { concept: "quote for a shell: quoteForShell", sign: /'\\\\''/, at: ["lib/shell-quote.ts"] },
  {
    concept: "read YAML: readYaml, LocatedDocument",
    sign: /^(?!import \{ stringify \} ).*from "(js-)?yaml"|(require|import)\("(js-)?yaml"\)/,
    // The second writes, with comments, which takes more of the package than stringify.
    at: ["lib/located-yaml", "components/github-actions/workflow.ts"],
  },
  {
    concept: "read property paths: parsePropertyPath",
    sign: /\[\^"\\\\\].*\(\\d\+/,
    at: ["lib/property-path.ts"],
  },
  {
    concept: "find near names: closestName, didYouMean",
    sign: /levenshtein|editDistance\(|isOneEditAway/i,
    at: ["lib/closest-name.ts"],
  },
  {
    concept: "sign in to Azure: azureCredential, azureToken",
    sign: /DefaultAzureCredential|get-access-token/,
    at: ["lib/azure"],
  },
  {
    concept: "make a GitHub client: githubClient, githubRepository",
    sign: /@octokit\/(core|plugin)/,
    at: ["lib/github"],
  },
  {
    concept: "try again: retry, askAgain",
    sign: /\bfor \((let|var) (attempt|tries|retries) = /,
    at: ["lib/retry.ts"],
  },
  {
    concept: "write a file at once: writeAtomically",
    sign: /fsyncSync|renameSync\(draft/,
    at: ["lib/atomic-file.ts"],
  },
];

/** What reads like a copy and is something else, with the reason. A file that no longer does it fails, too. */
const others: Readonly<Record<string, string>> = {
  "cli/bootstrap.mjs": "reads the version of Node.js, and imports nothing",
  "components/host-replication/host-replication.ts": "moves a directory",
  "sandbox/clouds/object-lifecycle.ts": "draws another id while one is taken, without waiting",
};

interface Line {
  readonly file: string;
  readonly text: string;
}

const lines: readonly Line[] = shippingFolders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split("\\").join("/"))
    .flatMap((file) =>
      readFileSync(join(root, file), "utf8")
        .split("\n")
        .map((text) => ({ file, text })),
    ),
);

function filesThat({ sign }: Home): readonly string[] {
  return [...new Set(lines.filter(({ text }) => sign.test(text)).map(({ file }) => file))];
}

describe("only one place may", () => {
  it.each(homes)("$concept", (home) => {
    const doing = filesThat(home);
    const isHome = (file: string) => home.at.some((place) => file === place || file.startsWith(`${place}/`));
    // A sign that no longer finds its home would find no copy either.
    expect(doing.filter(isHome)).not.toEqual([]);
    expect(doing.filter((file) => !isHome(file) && others[file] === undefined)).toEqual([]);
  });

  it("has no file in the list of others that does nothing of the kind any more", () => {
    const doing = new Set(homes.flatMap(filesThat));
    expect(Object.keys(others).filter((file) => !doing.has(file))).toEqual([]);
  });
});
