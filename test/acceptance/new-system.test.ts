import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { dayAfter, today } from "../../lib/today";
import { shapeFiles } from "../../operations/policies/stack-shapes";
import { previewConfiguration } from "../../operations/preview-environments/preview-stack-file";
import { rehearse } from "../../sandbox/project/rehearsal";
import { added, snippetsOf } from "../architecture/recipe-snippets";
import { ProjectCopy } from "./project-copy";

const project = new ProjectCopy();
afterAll(() => project.remove());

const [staging, prod, preview] = ["acme-staging", "acme-prod", "acme-pr-1"] as const;
const up = (stack: string) =>
  project.run(["up", "--stack", stack, "--yes", "--skip-preview", "--policy-pack", project.path("policies")]);

/** As its recipe says. */
function addPreviews(): void {
  const recipe = readFileSync("docs/extending.md", "utf8").split("\n## A system\n")[1] ?? "";
  const snippets = snippetsOf(recipe);
  expect(snippets).toHaveLength(4);
  for (const { file, content } of snippets) project.write(file, stringify(added(parse(project.read(file)), content)));
  const places = { system: "acme", pullRequest: 1, expiry: dayAfter(today(), 1) };
  project.write(`Pulumi.${preview}.yaml`, previewConfiguration(project.read("Pulumi.preview.yaml"), places));
}

describe("a new system", () => {
  it("is deployed with every policy, is then as it should be, and goes again", async () => {
    const subscriptions = [staging, prod].map(
      (stack, index) => `${stack.slice(5)}=11111111-2222-4333-8444-55555555555${index}`,
    );
    const flags = subscriptions.flatMap((subscription) => ["--subscription", subscription]);
    expect(await project.run(["new-system", "--system", "acme", ...flags])).toMatchObject({ exitCode: 0, errors: "" });

    addPreviews();
    // What staging is compared with: npm run generate writes it.
    const { signal } = new AbortController();
    const rehearsed = await rehearse({
      directory: project.path("."),
      stacks: [prod, staging, preview],
      previewed: [prod],
      signal,
    });
    expect(rehearsed.map((run) => [run.stack, run.up.result, run.up.errors])).toEqual([
      [prod, "succeeded", []],
      [staging, "succeeded", []],
      [preview, "succeeded", []],
    ]);
    const shapes = shapeFiles(project.path("policies"), rehearsed);
    expect(shapes).toHaveLength(1);
    for (const { path, text } of shapes) writeFileSync(path, text);

    for (const stack of [staging, prod]) {
      const first = await up(stack);
      expect([first.exitCode, first.output]).toEqual([0, expect.stringMatching(/, 0 violations(?!, .*advisory)/)]);
      expect((await up(stack)).output).toMatch(/ · done: \d+ unchanged$/m);
    }
    for (const stack of [staging, prod]) {
      const gone = await project.run(["destroy", "--stack", stack, "--unprotect", "--yes"]);
      expect([gone.exitCode, gone.errors]).toEqual([0, ""]);
      expect(await project.deployed(stack)).toEqual([]);
    }
  }, 240_000);
});

describe("the list of systems", () => {
  // The program reads it once in a process: this copy has none that read it before.
  const other = new ProjectCopy();
  afterAll(() => other.remove());
  const list = "stacks/systems.yaml";
  const named = ["zones", "environments"].map((name) => `stacks/kimberly/inventory/${name}.yaml`);
  const preview = async (stack: string) => {
    const { exitCode, output, errors } = await other.run(["preview", "--stack", stack]);
    other.restore(list, ...named);
    return { exitCode, said: output + errors };
  };

  it("is refused with its line when it is wrong, and no stack trace", async () => {
    other.edit(list, "environment: dr", "enviroment: dr");
    const { exitCode, said } = await preview("kimberly-staging");
    expect(exitCode).toBe(2);
    expect(said).toMatch(/stacks\/systems\.yaml:\d+:\d+ .*unknown key "enviroment"; did you mean "environment"\?/);
    expect(said).not.toMatch(/^ +at /m);
  }, 60_000);

  it("says which stack makes the zone that another looks for: it was not deployed", async () => {
    for (const file of named) other.write(file, other.read(file).replaceAll("kimberly.example", "new.example"));
    const { exitCode, said } = await preview("kimberly-staging");
    expect(exitCode).toBe(2);
    expect(said).toMatch(/zone "new\.example": .* does not have it; kimberly-prod makes it: deploy that first/);
    expect(said).not.toMatch(/^ +at /m);
  }, 60_000);

  it("has to say what a standby reads: its primary's places would not be known", async () => {
    other.edit(list, "        readsFrom: [latticeforge-prod]\n", "");
    const { exitCode, said } = await preview("latticeforge-dr");
    expect(exitCode).toBe(2);
    expect(said).toMatch(
      /environments\.yaml:\d+:\d+ .*standby\.of: stands by for prod, .*say readsFrom in stacks\/systems\.yaml/,
    );
  }, 60_000);
});
