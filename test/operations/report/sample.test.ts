import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleChange, withoutLines } from "../../../operations/report/report-sample.generator";
import { ProjectCopy } from "../../acceptance/project-copy";
import { type CommandRun, ends, repository } from "../../cli/run-command";

const actions = {
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: "example/landscape",
  GITHUB_RUN_ID: "1",
  GITHUB_SHA: "main",
};

describe("a report of a change that adds a site, resizes PostgreSQL, opens a storage account and deletes a container", () => {
  let project: ProjectCopy;
  let run: CommandRun;
  const file = (name: string) => readFileSync(project.path(`report/${name}`), "utf8");

  beforeAll(async () => {
    project = new ProjectCopy();
    const environment = { SANDBOX_DIRECTORY: project.path(".sandbox") };
    const deployed = await project.run(["up", "--stack", "prod", "--yes", "--skip-preview"], environment);
    expect(deployed.exitCode, deployed.errors).toBe(0);
    for (const [name, from, to] of sampleChange) project.edit(name, from, to);
    run = await project.run(
      ["report", "--stack", "prod", "--policy-pack", join(repository, "policies"), "--output", project.path("report")],
      { ...environment, ...actions, GITHUB_STEP_SUMMARY: project.path("summary.md") },
    );
  }, 120_000);
  afterAll(() => project.remove());

  it("ends with exit code 5, and JSON and step summary say the same", () => {
    expect(run.exitCode, run.output + run.errors).toBe(5);
    expect(ends(run.output)[1]).toContain("refused: ");
    expect(JSON.parse(file("report.json"))).toMatchObject({ version: 1, stack: "prod", refused: true });
    expect(readFileSync(project.path("summary.md"), "utf8")).toContain("Will not be applied");
  });

  it("leads with what can hurt", () => {
    const headings = [...file("comment.md").matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(["What can hurt", "Policy violations", "Errors", "Changes", "Cost", "Blast radius"]);
    expect(file("comment.md")).toContain("storage-no-public-blobs");
    expect(file("report.sarif")).toContain('"uri": "stacks/alai/inventory/backup.yaml"');
  });

  it("is what the sample in docs shows (else: npm run generate), without the lines that each edit moves", () => {
    const sample = readFileSync(join(repository, "docs", "report-sample.md"), "utf8");
    expect(withoutLines(file("comment.md"))).toBe(sample);
    expect(sample).toContain("(https://github.com/example/landscape/blob/main/stacks/alai/inventory/backup.yaml)");
    expect(sample).not.toMatch(/\.(ts|yaml)(:|#L)\d/);
  });
});
