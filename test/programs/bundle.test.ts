import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { programPaths, shippedProgram } from "../../programs/bundle";

const root = join(__dirname, "../..");
const jobs = programPaths.filter((path) => path.startsWith("programs/jobs/"));
const bundles = programPaths.filter((path) => path.endsWith(".ts"));

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "bundles-"));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("a bundled program", () => {
  it("is built once, used again, and built again when a source changed", () => {
    const path = "programs/jobs/rollback.ts";
    const built = shippedProgram(path, directory);
    expect(built.text).toBe(readFileSync(built.file, "utf8"));
    const { mtimeMs } = statSync(built.file);
    expect(shippedProgram(path, directory)).toEqual(built);
    expect(statSync(built.file).mtimeMs).toBe(mtimeMs);

    const file = join(directory, "jobs.json");
    const record = JSON.parse(readFileSync(file, "utf8"));
    expect(Object.keys(record.builtFrom)).toEqual(
      expect.arrayContaining(["package-lock.json", "tsconfig.json", "programs/bundle.ts", path]),
    );
    writeFileSync(file, JSON.stringify({ ...record, builtFrom: { ...record.builtFrom, [path]: "0" } }));
    // The same sources give the same file: nothing is installed again for nothing.
    expect(shippedProgram(path, directory)).toEqual(built);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(record);

    writeFileSync(built.file, "changed by hand");
    expect(shippedProgram(path, directory).text).toBe(built.text);
  });

  it.each(bundles)("%s imports nothing but Node's own modules", (path) => {
    const { text } = shippedProgram(path);
    const imported = [...text.matchAll(/(?:^|[;}\n])import[^"'()]*?["']([^"']+)["']/g)].map((match) => match[1] ?? "");
    if (path === "programs/host/main.ts") expect(imported.length).toBeGreaterThan(5);
    expect(imported.filter((name) => !builtinModules.includes(name.replace(/^node:/, "")))).toEqual([]);
  });

  it.each(programPaths)("%s is made of files that exist, and says nothing of the machine that built it", (path) => {
    const { text, inputs } = shippedProgram(path);
    expect(inputs).toContain(path);
    for (const input of inputs) expect(statSync(join(root, input)).isFile(), input).toBe(true);
    expect(text).not.toContain(root);
  });

  // An argument of a program may have 128 KiB on Linux (MAX_ARG_STRLEN), and a job has its text twice in a preview.
  it.each(jobs)("%s is small enough to be an argument, and can be read in review", (path) => {
    const { text } = shippedProgram(path);
    expect(Buffer.byteLength(text)).toBeLessThan(32 * 1024);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(400);
    // Names are those of the sources.
    for (const name of ["runJob", "messageOf"]) expect(text).toContain(`function ${name}(`);
  });
});

describe("the list of programs", () => {
  it("has every module in programs/jobs that runs, and every shell script", () => {
    const files = readdirSync(join(root, "programs"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith(".d.ts"))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split("\\").join("/"));
    const runs = files.filter(
      (file) => file.endsWith(".sh") || /^runJob\(/m.test(readFileSync(join(root, file), "utf8")),
    );
    expect(programPaths.filter((path) => path !== "programs/host/main.ts").sort()).toEqual(runs.sort());
    // Nothing lies there that is not shipped.
    const shipped = new Set(programPaths.flatMap((path) => shippedProgram(path).inputs));
    const types = /^(import type|export (interface|type)|\/\*\*|\/\/| \*|\s|\}|$)/;
    const unshipped = files.filter((file) => file !== "programs/bundle.ts" && !shipped.has(file));
    const withCode = unshipped.filter((file) =>
      readFileSync(join(root, file), "utf8")
        .split("\n")
        .some((line) => !types.test(line)),
    );
    expect(withCode).toEqual([]);
  });
});
