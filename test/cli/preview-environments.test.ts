import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { azureRoles } from "../../lib/azure/built-in-roles";
import { readDeployedResources } from "../../operations/drift/deployment-state";
import { openWorld } from "../../sandbox/world/open-world";
import { previewRoles } from "../../stacks/alai/pipeline-identities";
import { previewLabel } from "../../stacks/registry";
import { LocalServer } from "../operations/delivery/local-server";
import { repository } from "./run-command";
import { runHere } from "./run-here";

// Numbers that no pull request has: the files of stacks are in the repository's directory.
const [staying, expired, foreign, lost] = ["pr-990001", "pr-990002", "pr-990003", "pr-990004"] as const;
const other = "latticeforge-pr-990005";
const previews = [staying, expired, foreign, lost, other];

const sandbox = mkdtempSync(join(tmpdir(), "previews-"));
const stackFile = (stack: string) => join(repository, `Pulumi.${stack}.yaml`);
const stateFile = (stack: string) => join(sandbox, "state", "landscape", `${stack}.json`);
const dayFromNow = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const ending = (text: string) => text.trimEnd().split("\n").at(-1)?.split(" · ").at(-1);

let github: LocalServer;
const withoutGithub = { SANDBOX_DIRECTORY: sandbox, GITHUB_REPOSITORY: "", RUN_TOKEN: "" };
const withGithub = () => ({
  ...withoutGithub,
  GITHUB_REPOSITORY: "alai-org/alai-infra",
  GITHUB_API_URL: github.url,
  GITHUB_RETRY_MILLISECONDS: "1",
  RUN_TOKEN: "canary-run-token",
});
const run = (...args: readonly string[]) => runHere(args, withoutGithub);

beforeAll(async () => {
  // All pull requests are open, but for the one whose stack is lost.
  github = await LocalServer.start(({ path }) => {
    const state = path.endsWith("/990004") ? "closed" : "open";
    return { status: 200, body: { state, labels: [{ name: previewLabel }] } };
  });
});

afterAll(async () => {
  await github.stop();
  rmSync(sandbox, { recursive: true });
  for (const stack of previews) rmSync(stackFile(stack), { force: true });
});

function editState(stack: string, from: RegExp, to: string): void {
  const text = readFileSync(stateFile(stack), "utf8");
  expect(text).toMatch(from);
  writeFileSync(stateFile(stack), text.replaceAll(from, to));
}

/** What exists of a preview in any of the emulated clouds. */
async function inTheWorld(stack: string): Promise<string[]> {
  const world = await openWorld(sandbox);
  const objects = await world.objects();
  world.close();
  // The emulated Azure remembers how many principals were deleted, which no service shows.
  const shown = objects.filter(({ kind }) => kind !== "azure-native:authorization:DeletedPrincipals");
  return shown.map(({ id }) => id).filter((id) => id.toLowerCase().includes(stack));
}

interface ReapDocument {
  readonly previews: readonly { readonly name: string; readonly kind: string; readonly result: string }[];
}

async function reap(...options: readonly string[]) {
  const ran = await runHere(["reap", "--json", ...options], withGithub());
  const document: ReapDocument = JSON.parse(ran.output);
  return { ...ran, results: document.previews.map(({ name, kind, result }) => [name, kind, result]) };
}

describe("a preview environment", () => {
  it("is deployed with all policies, is the same again, and goes without a trace", async () => {
    const first = await run("up", "--stack", staying, "--yes");
    expect(ending(first.output)).toMatch(/^done: \d+ created$/);
    expect(first.output).toMatch(/\d+ rules apply, \d+ checks passed, 0 violations/);
    expect(ending((await run("up", "--stack", staying, "--yes")).output)).toMatch(/^unchanged: \d+ unchanged$/);
    expect(readFileSync(stackFile(staying), "utf8")).toContain(`landscape:expiresAt: "${dayFromNow(7)}"`);

    const gone = await run("destroy", "--stack", staying, "--yes");
    expect(ending(gone.output)).toMatch(/^destroyed: \d+ deleted$/);
    expect([existsSync(stateFile(staying)), existsSync(stackFile(staying))]).toEqual([false, false]);
    expect(await inTheWorld(staying)).toEqual([]);

    // The same names, and nothing that was kept is in the way.
    const again = await run("up", "--stack", staying, "--yes", "--skip-preview");
    expect(ending(again.output)).toMatch(/^done: \d+ created$/);
  }, 60_000);

  it("that a refused up began leaves neither a stack nor a file", async () => {
    const { exitCode, output } = await run("up", "--stack", lost, "--yes", "--expect-no-changes");
    expect([exitCode, ending(output)]).toEqual([7, expect.stringContaining("changes where none were expected")]);
    expect([existsSync(stateFile(lost)), existsSync(stackFile(lost))]).toEqual([false, false]);
  }, 60_000);

  it("keeps its stack when a later up is refused in a fresh checkout", async () => {
    rmSync(stackFile(staying));
    const day = readFileSync(stateFile(staying), "utf8").replaceAll(dayFromNow(7), dayFromNow(6));
    writeFileSync(stateFile(staying), day);
    expect((await run("up", "--stack", staying, "--yes", "--expect-no-changes")).exitCode).toBe(7);
    expect(existsSync(stateFile(staying))).toBe(true);
    expect(existsSync(stackFile(staying))).toBe(true);
  }, 60_000);

  it("past its day is refused by the policy", async () => {
    const file = readFileSync(stackFile(staying), "utf8");
    writeFileSync(stackFile(staying), file.replace(dayFromNow(7), dayFromNow(-1)));
    const refused = await run("up", "--stack", staying, "--yes");
    writeFileSync(stackFile(staying), file);
    expect(refused.exitCode).toBe(5);
    expect(refused.output).toContain("not-expired");
  }, 60_000);
});

describe("a preview environment of a system of services", () => {
  it("is deployed with all policies and what its services use, is the same again, and goes without a trace", async () => {
    const first = await run("up", "--stack", other, "--yes");
    expect(ending(first.output)).toMatch(/^done: \d+ created$/);
    expect(first.output).toMatch(/\d+ rules apply, \d+ checks passed, 0 violations, 1 excepted/);
    expect(first.output).not.toContain("the budget is");
    expect(ending((await run("up", "--stack", other, "--yes")).output)).toMatch(/^unchanged: \d+ unchanged$/);

    const state = readFileSync(stateFile(other), "utf8");
    const made = readDeployedResources(JSON.parse(state));
    const named = (type: string) =>
      made.filter((one) => one.type.startsWith(type)).map(({ urn }) => urn.split("::").at(-1));
    // The interface needs a secret, and nobody sets one here; who calls it is told of no address.
    expect(named("azure-native:app:ContainerApp").sort()).toEqual(["inference", "web", "worker"]);
    expect(state).toContain('"INFERENCE_URL"');
    expect(state).not.toContain('"API_URL"');
    expect(["azure-native:keyvault:Vault", "cloudflare:"].flatMap(named)).toEqual([]);
    expect(state).not.toContain('"protect": true');
    // Who deploys previews may give these roles and no other.
    const given = made.filter(({ type }) => type.endsWith(":RoleAssignment"));
    const allowed = previewRoles.map((role) => azureRoles[role]);
    expect(given.length).toBeGreaterThan(5);
    expect(given.filter(({ outputs }) => !allowed.some((id) => String(outputs.roleDefinitionId).endsWith(id)))).toEqual(
      [],
    );

    const file = readFileSync(stackFile(other), "utf8");
    writeFileSync(stackFile(other), file.replace(dayFromNow(7), dayFromNow(-1)));
    const refused = await run("up", "--stack", other, "--yes");
    expect([refused.exitCode, refused.output]).toEqual([5, expect.stringContaining("not-expired")]);

    expect(ending((await run("destroy", "--stack", other, "--yes")).output)).toMatch(/^destroyed: \d+ deleted$/);
    expect([existsSync(stateFile(other)), existsSync(stackFile(other))]).toEqual([false, false]);
    expect(await inTheWorld(other)).toEqual([]);
  }, 90_000);

  it.each([
    ["betterworld-pr-990005", /0 violations(?!, \d+ excepted)/],
    ["kimberly-pr-990005", /0 violations, 1 excepted/],
  ])(
    "%s would be deployed with all policies",
    async (stack, found) => {
      const { exitCode, output } = await run("preview", "--stack", stack);
      expect([exitCode, ending(output)]).toEqual([0, expect.stringMatching(/^previewed: \d+ to create$/)]);
      expect(output).toMatch(found);
      expect(output).not.toContain("the budget is");
    },
    60_000,
  );
});

describe("a preview environment's settings", () => {
  it.each([
    ["lasts", "landscape:lasting: false", "landscape:lasting: true", "does not last"],
    ["has no last day", /landscape:expiresAt: .*/, "landscape:team: platform", "must say on which day it ends"],
  ])(
    "are refused when it %s",
    async (_what, from, to, told) => {
      const file = readFileSync(stackFile(staying), "utf8");
      writeFileSync(stackFile(staying), file.replace(from, to));
      const refused = await run("preview", "--stack", staying);
      writeFileSync(stackFile(staying), file);
      expect(refused.exitCode).toBe(2);
      expect(refused.output).toContain(told);
    },
    30_000,
  );
});

describe("npm run reap", () => {
  beforeAll(async () => {
    // Beside them what lasts: nothing of it is looked at, let alone touched.
    for (const stack of ["dev", "prod", foreign]) copyFileSync(stateFile(staying), stateFile(stack));
    for (const stack of [expired, lost]) {
      const up = await run("up", "--stack", stack, "--yes", "--skip-preview");
      expect(up.exitCode).toBe(0);
    }
    editState(expired, /"ExpiresAt": "[\d-]+"/g, `"ExpiresAt": "${dayFromNow(-1)}"`);
    editState(foreign, /"ExpiresAt": "[\d-]+"/g, `"ExpiresAt": "${dayFromNow(-1)}"`);
    editState(foreign, /"PullRequest": "990001"/g, '"PullRequest": "7"');
    rmSync(stateFile(lost));
    for (const stack of previews) rmSync(stackFile(stack), { force: true });
  }, 120_000);

  it("says with --dry-run what would go, and does nothing", async () => {
    const dry = await reap("--dry-run");
    expect(dry.exitCode).toBe(0);
    expect(dry.results).toEqual([
      [staying, "stack", "kept"],
      [expired, "stack", "would go"],
      [foreign, "stack", "left alone"],
      [lost, "resource-group", "would go"],
    ]);
    expect(existsSync(stateFile(expired))).toBe(true);
    for (const stack of previews) expect(existsSync(stackFile(stack))).toBe(false);
  }, 30_000);

  it("does not destroy without a yes", async () => {
    const refused = await runHere(["reap"], withGithub());
    expect(refused.exitCode).toBe(2);
    expect(refused.errors).toContain("npm run reap -- --yes");
    // Before anything is looked for.
    expect(refused.output).not.toContain(expired);
    expect(existsSync(stateFile(expired))).toBe(true);
  }, 30_000);

  it("destroys what is over, and nothing that does not carry its tags", async () => {
    const before = Object.fromEntries(
      ["dev", "prod", foreign, staying].map((stack) => [stack, readFileSync(stateFile(stack))]),
    );
    const done = await reap("--yes");
    expect(done.exitCode).toBe(0);
    expect(done.results.filter(([, , result]) => result === "gone")).toEqual([
      [expired, "stack", "gone"],
      [lost, "resource-group", "gone"],
    ]);
    expect(existsSync(stateFile(expired))).toBe(false);
    for (const [stack, state] of Object.entries(before)) expect(readFileSync(stateFile(stack))).toEqual(state);
    for (const stack of [expired, lost]) expect(await inTheWorld(stack)).toEqual([]);
    expect((await inTheWorld(staying)).length).toBeGreaterThan(20);
    expect((await inTheWorld("alai-backups")).length).toBeGreaterThan(1);

    const after = await reap("--yes");
    expect(after.results).toEqual([
      [staying, "stack", "kept"],
      [foreign, "stack", "left alone"],
    ]);
    expect(done.output + done.errors).not.toContain("canary");
  }, 60_000);

  it("goes on past a state that nobody can read, and says so in its exit code", async () => {
    writeFileSync(stateFile(lost), "{");
    const ran = await reap("--yes");
    rmSync(stateFile(lost));
    expect(ran.exitCode).toBe(4);
    expect(ran.results).toEqual([
      [staying, "stack", "kept"],
      [foreign, "stack", "left alone"],
    ]);
    expect(ran.output + ran.errors).toMatch(/not read +pr-990004: /);
    expect(ran.output + ran.errors).toContain("1 could not be read, exit code 4");
  }, 30_000);

  it("keeps what GitHub does not answer for, and says so in its exit code", async () => {
    const nobody = { ...withGithub(), GITHUB_API_URL: "http://127.0.0.1:1" };
    const ran = await runHere(["reap", "--yes"], nobody);
    expect(ran.exitCode).toBe(1);
    expect(ran.output).toContain("1 kept, 1 left alone, GitHub did not answer");
    expect(existsSync(stateFile(staying))).toBe(true);
  }, 30_000);

  it("wants to know the engine on a build server", async () => {
    const ran = await runHere(["reap"], { ...withoutGithub, CI: "true" });
    expect(ran.exitCode).toBe(2);
    expect(ran.errors).toContain("npm run reap -- --engine sandbox");
  });
});
