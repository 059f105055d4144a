import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { generatorModules, loadGenerator, makeDocuments, settleAll } from "../../cli/commands/generate";
import { generator as packageScripts } from "../../cli/package-scripts.data-generator";
import type { Generator } from "../../lib/generator";
import { repository } from "./run-command";

const { signal } = new AbortController();

describe("npm run generate", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "generate-"));
    mkdirSync(join(root, "pages"));
    writeFileSync(join(root, "pages/old.md"), "");
    writeFileSync(join(root, "table.json"), "1");
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const generators: readonly Generator[] = [
    { directories: ["pages"], files: () => [{ path: "pages/new.md", text: "new" }] },
    { files: async () => [{ path: "table.json", text: "2" }] },
  ];
  const settle = async (check: boolean) => {
    const lines: string[] = [];
    const found = await settleAll(generators, { root, check, signal, say: (line) => lines.push(line.trim()) });
    return { found, lines };
  };

  it("names what is stale, missing or left over with --check, and touches nothing", async () => {
    expect(await settle(true)).toEqual({
      found: { files: 2, stale: 3 },
      lines: ["stale      pages/new.md", "left over  pages/old.md", "stale      table.json"],
    });
    expect(readdirSync(join(root, "pages"))).toEqual(["old.md"]);
    expect(readFileSync(join(root, "table.json"), "utf8")).toBe("1");
  });

  it("writes it, removes what is left over, and has nothing to do the second time", async () => {
    expect((await settle(false)).lines).toEqual([
      "written    pages/new.md",
      "removed    pages/old.md",
      "written    table.json",
    ]);
    expect(existsSync(join(root, "pages/old.md"))).toBe(false);
    expect(await settle(false)).toEqual({ found: { files: 2, stale: 0 }, lines: [] });
  });

  it("says what another process wrote, without how that begins and ends", () => {
    const said: string[] = [];
    const text = "generate\\n    written    docs/a.md\\ngenerate · 1 of 9 generated files written";
    const outcome = makeDocuments(2, (line) => said.push(line), ["-e", `console.log("${text}")`]);
    expect(said).toEqual(["    written    docs/a.md"]);
    expect(outcome).toMatchObject({ exitCode: 0, summary: "3 generated files written" });
    expect(makeDocuments(2, (line) => said.push(line), ["-e", "process.exit(1)"])).toMatchObject({ exitCode: 1 });
  });

  it("finds each generator beside its subject", () => {
    for (const kind of ["data-generator", "generator"] as const) {
      const modules = generatorModules(repository, kind);
      expect(modules.length).toBeGreaterThan(2);
      for (const path of modules) expect(loadGenerator(path).files, path).toBeInstanceOf(Function);
    }
  });

  it("knows of every table that says by its name that it is generated", async () => {
    const data = generatorModules(repository, "data-generator").map(loadGenerator);
    const written = await Promise.all(data.map((generator) => generator.files({ root: repository, signal })));
    const names = new Set(written.flat().map(({ path }) => path.split("/").at(-1)));
    const found = ["components", "lib", "policies", "sandbox"].flatMap((directory) =>
      readdirSync(join(repository, directory), { recursive: true, encoding: "utf8" }),
    );
    const tables = found.filter((path) => /\.generated\.(json|ts)$/.test(path) && !path.includes("shapes"));
    expect(tables.length).toBeGreaterThan(1);
    expect(tables.filter((path) => !names.has(path.split("/").at(-1)))).toEqual([]);
  });

  it("wrote package.json: one script a command (else: npm run generate)", async () => {
    const [file] = await packageScripts.files({ root: repository, signal });
    expect(readFileSync(join(repository, "package.json"), "utf8")).toBe(file?.text);
  });
});
