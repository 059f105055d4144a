import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ProjectCopy } from "./project-copy";

const project = new ProjectCopy();
afterAll(() => project.remove());

beforeAll(async () => {
  for (const stack of ["prod", "hosts"]) {
    const run = await project.run(["up", "--stack", stack, "--yes", "--skip-preview"]);
    expect(run.exitCode, run.errors).toBe(0);
  }
}, 240_000);

// One that leaves is in inventory-edits.test.ts: it is said first, and goes on its day.
it("a new database of the hosts is named by preview --diff and the report, with the files that change", async () => {
  const inventory = "stacks/alai/inventory/databases.yaml";
  const entry = /^ {2}- \{ name: ([a-z0-9-]+), tier: P1 \}/m.exec(project.read(inventory));
  const before = entry?.[0] ?? "no database of tier P1";
  project.edit(inventory, before, `${before}\n  - { name: acceptance, tier: P1 }`);

  const preview = await project.run(["preview", "--stack", "hosts", "--diff"]);
  const report = await project.run(["report", "--stack", "hosts", "--output", project.path("report")]);

  expect([preview.exitCode, report.exitCode]).toEqual([0, 0]);
  for (const text of [preview.output, readFileSync(project.path("report/comment.md"), "utf8")]) {
    const changed = [...text.matchAll(/([+-]) ((?:database|file) \S+) · (\S+)/g)].map(
      ([, mark, what, detail]) => `${mark} ${what}${what?.startsWith("database") ? ` · ${detail}` : ""}`,
    );
    const databases = changed.filter((line) => / database /.test(line));
    // On both hosts.
    expect(databases).toEqual(Array.from({ length: 2 }, () => "+ database acceptance · P1"));
    expect(changed).toContain("+ file files/etc/litestream-p1.yml");
    expect(changed.join("\n")).not.toMatch(/litestream-p0|host\.mjs|install\.sh/);
  }
}, 120_000);
