import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sandboxDirectory } from "../../../sandbox/bin/provider-plugin";

describe("where a plugin finds the world", () => {
  const project = mkdtempSync(join(tmpdir(), "project-"));
  const inside = join(project, "src", "deep");
  mkdirSync(inside, { recursive: true });

  it("is the working directory when there is no project", () => {
    expect(sandboxDirectory(inside, {})).toBe(join(inside, ".sandbox"));
  });

  it("is beside the project file", () => {
    writeFileSync(join(project, "Pulumi.yaml"), "name: x\nruntime: nodejs\n");
    expect(sandboxDirectory(inside, {})).toBe(join(project, ".sandbox"));
  });

  it("is where the environment says", () => {
    expect(sandboxDirectory(inside, { SANDBOX_DIRECTORY: "../other" })).toBe(join(project, "src", "other"));
    expect(sandboxDirectory(inside, { SANDBOX_DIRECTORY: "" })).toBe(join(project, ".sandbox"));
  });
});
