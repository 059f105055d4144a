import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { proposals } from "../../../components/delivery/delivery-plan";
import { expression } from "../../../components/github-actions/workflow";
import { cloudflareAddressesFile as file } from "../../../lib/cloudflare-addresses";
import { titleProblem } from "../../../operations/delivery/affected-stacks";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import { workflowStacks } from "../../../stacks/registry";
import { jobNamed } from "./workflow-fixture";

const look = jobNamed("cloudflare-addresses.yml", "look");
const propose = jobNamed("cloudflare-addresses.yml", "propose");
const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** Runs a job's last step as GitHub does, in a directory of its own whose `bin` has a program that stands in for another. */
function runLast({ steps }: typeof look, program: string, script: string, env: Readonly<Record<string, string>>) {
  const directory = mkdtempSync(join(tmpdir(), "addresses-"));
  directories.push(directory);
  const place = (name: string) => join(directory, name);
  mkdirSync(place("bin"));
  mkdirSync(dirname(place(file)), { recursive: true });
  writeFileSync(place(`bin/${program}`), `#!/usr/bin/env bash\n${script}`);
  chmodSync(place(`bin/${program}`), 0o755);
  for (const name of ["asked", "output"]) writeFileSync(place(name), "");
  writeFileSync(place(file), "before\n");
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd: directory });
  git("init", "-q");
  git("add", file);
  git("commit", "-qm", "before");
  const own = { PATH: `${place("bin")}:${process.env.PATH}`, GITHUB_OUTPUT: place("output"), ASKED: place("asked") };
  const given = { FILE: file, BASE: "main", BRANCH: "cloudflare-addresses", REPOSITORY: "alai-org/alai-infra" };
  const said = execFileSync("bash", ["-eo", "pipefail", "-c", steps.at(-1)?.run ?? ""], {
    ...{ cwd: directory, encoding: "utf8", env: { ...own, ...given, ...env } },
  });
  const lines = (name: string) =>
    readFileSync(place(name), "utf8")
      .split("\n")
      .filter((line) => line !== "");
  return { said, asked: lines("asked"), output: lines("output") };
}

describe("Cloudflare's addresses, every day", () => {
  it("are asked for by what can write nothing, and proposed by what runs none of this repository's code", () => {
    expect(look.if).toBe(expression("github.ref == 'refs/heads/main'"));
    expect(look.permissions).toEqual({ contents: "read" });
    expect(look.environment).toBeUndefined();
    expect(propose).toMatchObject({
      needs: ["look"],
      if: expression("needs.look.outputs.list != ''"),
      permissions: { "id-token": "write" },
    });
    expect(JSON.stringify(propose.steps)).not.toMatch(/checkout@|npm ci/);
    const app = propose.steps.find(({ id }) => id === "app");
    // Without an owner and a list, the token is for this repository alone.
    expect(app?.with).toEqual({
      "client-id": expression("vars.PROPOSING_APP_CLIENT_ID"),
      "private-key": expression("steps.app-key.outputs.key"),
      "permission-contents": "write",
      "permission-pull-requests": "write",
    });
  });

  it("are proposed with a key that is read in an environment that only the deployed branch reaches", () => {
    expect(propose.environment).toBe(proposals.environment);
    const { repositories, pipelines } = loadAlaiInventory();
    const repository = repositories.repositories.find(({ name }) => name === pipelines.repository);
    expect(repository?.environments.find(({ name }) => name === proposals.environment)).toEqual({
      ...{ name: proposals.environment, branches: ["main"], selfReview: false, secrets: [] },
    });
  });

  it("are handed on when they changed, and only then", () => {
    expect(runLast(look, "npm", "exit 0", {}).output).toEqual([]);
    const { output } = runLast(look, "npm", `echo after > ${file}`, {});
    expect(output).toEqual([`list=${Buffer.from("after\n").toString("base64")}`]);
    expect(() => runLast(look, "npm", "exit 1", {})).toThrow();
  });
});

/** GitHub's command line: it notes what it is asked to change, and answers as the API does. */
const gh = `ask="$*"
case "$ask" in
  *git/blobs*) echo "$NEW" ;;
  "pr list"*) printf '%s' "$OPEN" ;;
  *contents/*) if [ -z "$PROPOSED" ]; then echo '{"message":"Not Found"}'; exit 1; fi; echo "$PROPOSED" ;;
  *git/ref/heads/main*) echo base ;;
  *git/trees*) echo "tree of $ask" >> "$ASKED"; echo tree ;;
  *git/commits*) echo "commit of $ask" >> "$ASKED"; echo commit ;;
  *-X\\ PATCH*) if [ -z "$PROPOSED" ]; then exit 1; fi; echo "$ask" >> "$ASKED" ;;
  *) echo "$ask" >> "$ASKED" ;;
esac
`;

describe("the pull request with Cloudflare's addresses", () => {
  const proposed = (settings: Readonly<Record<string, string>>) =>
    runLast(propose, "gh", gh, { NEW: "new", OPEN: "", PROPOSED: "", LIST: "bGlzdA==", ...settings });
  const refs = "api repos/alai-org/alai-infra/git/refs";

  it("is opened on a branch with one commit on top of the deployed one, with a title that its check takes", () => {
    const { asked } = proposed({});
    expect(asked).toEqual([
      expect.stringContaining(`base_tree=base -f tree[][path]=${file} -f tree[][mode]=100644`),
      expect.stringMatching(/-f tree=tree -f parents\[\]=base /),
      `${refs} -f ref=refs/heads/cloudflare-addresses -f sha=commit --silent`,
      expect.stringContaining("pr create --repo alai-org/alai-infra --base main --head cloudflare-addresses --title"),
    ]);
    const title = /--title (.*) --body/.exec(asked.at(-1) ?? "")?.[1] ?? "";
    expect(titleProblem(title, workflowStacks, workflowStacks)).toBeUndefined();
  });

  it("is the one that is open, brought up to date", () => {
    const { asked, said } = proposed({ OPEN: "7", PROPOSED: "older" });
    expect(asked.at(-1)).toBe(`${refs}/heads/cloudflare-addresses -X PATCH -f sha=commit -F force=true --silent`);
    expect(asked.join()).not.toContain("pr create");
    expect(said).toContain("pull request 7 is up to date");
  });

  it("is left alone while it says the same, and opened again when it was closed", () => {
    expect(proposed({ OPEN: "7", PROPOSED: "new" })).toMatchObject({
      asked: [],
      said: "pull request 7 says the same\n",
    });
    expect(proposed({ PROPOSED: "new" }).asked.at(-1)).toContain("pr create");
  });
});
