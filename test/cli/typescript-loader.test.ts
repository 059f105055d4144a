import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import Module from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { repository } from "./run-command";

const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function temporaryDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "loader-")));
  directories.push(directory);
  return directory;
}

const keptFile = "node_modules/.cache/landscape/compiled-modules";

/** A project with this loader, two modules and the packages that the loader needs. */
function project(): string {
  const directory = temporaryDirectory();
  cpSync(join(repository, "lib/module-loader"), join(directory, "lib/module-loader"), { recursive: true });
  mkdirSync(join(directory, "node_modules", "esbuild"), { recursive: true });
  symlinkSync(join(repository, "node_modules", "tsx"), join(directory, "node_modules", "tsx"), "junction");
  write(directory, "node_modules/esbuild/package.json", '{ "version": "1.0.0", "main": "main.js" }');
  const esbuild = JSON.stringify(join(repository, "node_modules", "esbuild"));
  write(directory, "node_modules/esbuild/main.js", `module.exports = require(${esbuild});`);
  write(
    directory,
    "greeting.ts",
    'import { name } from "./name";\nexport const greeting: string = "hello ".concat(name);\n',
  );
  write(directory, "name.ts", 'export const name: string = "Ada";\n');
  return directory;
}

function write(directory: string, file: string, text: string): void {
  writeFileSync(join(directory, file), text);
}

const execute = promisify(execFile);

/** What a process prints that runs a program with the loader. */
async function run(directory: string, program: string): Promise<string> {
  const { CI: _ci, ...environment } = process.env;
  const args = ["--require", "./lib/module-loader/typescript-loader.cjs", "--eval", program];
  const { stdout } = await execute(process.execPath, args, { cwd: directory, env: environment });
  return stdout.trim();
}

/** The greeting, and whether anything was compiled for it. */
async function greet(directory: string): Promise<string> {
  const program = `const { greeting } = require("./greeting");
    const compiled = Object.keys(require.cache).some((path) => path.includes("esbuild") && path.endsWith("main.js"));
    console.log(greeting + (compiled ? ", compiled" : ""));`;
  return run(directory, program);
}

describe("this project's TypeScript", () => {
  it("is compiled once", async () => {
    const directory = project();
    expect(await greet(directory)).toBe("hello Ada, compiled");
    expect(await greet(directory)).toBe("hello Ada");
  });

  it("is compiled again when it was edited, though size and time are as before, and then kept", async () => {
    const directory = project();
    const file = join(directory, "name.ts");
    await greet(directory);
    const { atime, mtime } = statSync(file);
    write(directory, "name.ts", 'export const name: string = "Eve";\n');
    utimesSync(file, atime, mtime);
    expect(await greet(directory)).toBe("hello Eve, compiled");
    expect(await greet(directory)).toBe("hello Eve");
  });

  it("is compiled again by another esbuild", async () => {
    const directory = project();
    await greet(directory);
    write(directory, "node_modules/esbuild/package.json", '{ "version": "1.0.1", "main": "main.js" }');
    expect(await greet(directory)).toBe("hello Ada, compiled");
    expect(await greet(directory)).toBe("hello Ada");
  });

  it("names the sources' lines in stack traces, without being compiled again", async () => {
    const directory = project();
    write(
      directory,
      "broken.ts",
      "interface Left {\n  out: string;\n}\n\nexport function broken(): Left {\n  throw new Error('two\\nlines');\n}\n",
    );
    const program = 'try { require("./broken").broken(); } catch (error) { console.log(error.stack); }';
    for (const _time of ["compiled", "kept"]) {
      const [first, second, position] = (await run(directory, program)).split("\n");
      expect([first, second]).toEqual(["Error: two", "lines"]);
      expect(position).toBe(`    at Object.broken (${join(directory, "broken.ts")}:6:9)`);
    }
  });

  it("may import in circles, and knows where it is", async () => {
    const directory = project();
    write(
      directory,
      "left.ts",
      'import { right } from "./right";\nexport const left = () => right() + typeof right;\n',
    );
    write(
      directory,
      "right.ts",
      'import { left } from "./left";\nexport const right = () => __filename + typeof left;\n',
    );
    const program = 'console.log(require("./left").left())';
    expect(await run(directory, program)).toBe(`${join(directory, "right.ts")}functionfunction`);
  });

  it("is told from other projects' TypeScript, which tsx loads", async () => {
    const directory = project();
    const other = temporaryDirectory();
    write(other, "index.ts", 'import { name } from "./name.js";\nexport const whose: string = name.toUpperCase();\n');
    write(other, "name.ts", 'export const name: string = "Bob";\n');
    const program = `console.log(require(${JSON.stringify(join(other, "index.ts"))}).whose, require("./greeting").greeting)`;
    expect(await run(directory, program)).toBe("BOB hello Ada");
    expect(readFileSync(join(directory, keptFile), "utf8")).not.toContain("Bob");
  });

  it("is compiled in a copy of the project as here: what differs there is compiled, and never kept", async () => {
    const directory = project();
    const copy = temporaryDirectory();
    const edited = `export const name: string = "Eve";\nexport const fail = (): never => {\n  throw new Error("lost");\n};\n`;
    for (const [where, name] of [
      [directory, 'export const name: string = "Ada";\n'],
      [copy, edited],
    ] as const) {
      write(where, "package.json", '{ "name": "copied" }');
      write(where, "tsconfig.json", '{ "compilerOptions": { "strict": true } }');
      write(where, "name.ts", name);
    }
    cpSync(join(directory, "greeting.ts"), join(copy, "greeting.ts"));
    await greet(directory);
    const before = readFileSync(join(directory, keptFile));
    const path = (name: string) => JSON.stringify(join(copy, name));
    const program = `const { greeting } = require(${path("greeting")});
      const by = Object.keys(require.cache).some((file) => file.includes("tsx")) ? "tsx" : "the loader";
      let trace = ""; try { require(${path("name")}).fail(); } catch (error) { trace = error.stack.split("\\n")[1]; }
      console.log([greeting, by, trace.trim()].join());`;
    const position = `at Object.fail (${join(copy, "name.ts")}:3:9)`;
    expect(await run(directory, program)).toBe(`hello Eve,the loader,${position}`);
    expect(readFileSync(join(directory, keptFile)).equals(before)).toBe(true);

    write(copy, "tsconfig.json", '{ "compilerOptions": { "strict": false } }');
    expect(await run(directory, program)).toContain("hello Eve,tsx,");
  });

  it("is told from theirs also by a loader that is loaded again in the same process", async () => {
    const directory = project();
    const other = temporaryDirectory();
    for (const name of ["Bob", "Cleo"]) write(other, `${name}.ts`, `export const name: string = "${name}";\n`);
    const load = (name: string) => `require(${JSON.stringify(join(other, name))}).name`;
    const again =
      'delete require.cache[require.resolve("./lib/module-loader/typescript-loader.cjs")]; require("./lib/module-loader/typescript-loader.cjs");';
    const program = `const first = ${load("Bob.ts")}; ${again} console.log(first, ${load("Cleo.ts")}, require("./greeting").greeting);`;
    expect(await run(directory, program)).toBe("Bob Cleo hello Ada");
  });
});

describe("the file with what is compiled", () => {
  const damages: Readonly<Record<string, (file: string) => void>> = {
    "is empty": (file) => truncateSync(file, 0),
    "is cut off": (file) => truncateSync(file, statSync(file).size - 100),
    "has a wrong letter in its code": (file) => {
      const content = readFileSync(file, "latin1");
      writeFileSync(file, content.replace("Ada", "Eva"), "latin1");
    },
    "is something else": (file) => writeFileSync(file, "not what anybody expects here"),
  };

  it.each(Object.entries(damages))("is made anew when it %s", async (_what, damage) => {
    const directory = project();
    await greet(directory);
    damage(join(directory, keptFile));
    expect(await greet(directory)).toBe("hello Ada, compiled");
    expect(await greet(directory)).toBe("hello Ada");
  });

  it("is done without where it cannot be written", async () => {
    const directory = project();
    write(directory, "node_modules/.cache", "a file where the directory would be");
    expect(await greet(directory)).toBe("hello Ada, compiled");
    expect(await greet(directory)).toBe("hello Ada, compiled");
  });

  it("is whole after several processes wrote it at once", async () => {
    const directory = project();
    const all = await Promise.all(Array.from({ length: 4 }, () => greet(directory)));
    expect(new Set(all.map((text) => text.replace(", compiled", "")))).toEqual(new Set(["hello Ada"]));
    expect(await greet(directory)).toBe("hello Ada");
  });

  it("goes with a project that is moved, whose stack traces name the new place", async () => {
    const directory = project();
    await greet(directory);
    const moved = join(temporaryDirectory(), "moved");
    renameSync(directory, moved);
    expect(await greet(moved)).toBe("hello Ada");
    const program = 'require("./greeting"); console.log(Object.keys(require.cache).join());';
    expect(await run(moved, program)).toContain(join(moved, "name.ts"));
  });

  it("is read, and never written, by a copy of the project that links to its packages", async () => {
    const directory = project();
    await greet(directory);
    const before = readFileSync(join(directory, keptFile));
    const copy = temporaryDirectory();
    for (const part of ["lib", "greeting.ts", "name.ts"]) {
      cpSync(join(directory, part), join(copy, part), { recursive: true });
    }
    symlinkSync(join(directory, "node_modules"), join(copy, "node_modules"), "junction");
    expect(await greet(copy)).toBe("hello Ada");
    write(copy, "name.ts", 'export const name: string = "copy";\n');
    expect(await greet(copy)).toBe("hello copy, compiled");
    expect(readFileSync(join(directory, keptFile)).equals(before)).toBe(true);
  });
});

// Newer versions of Node keep it by themselves.
describe.skipIf("enableCompileCache" in Module)("what V8 compiled", () => {
  const load = 'require("./lib/module-loader/code-cache.cjs");';
  const program = `${load} console.log(require("./greeting").greeting, require("words").words());`;

  /** The project, with a package of JavaScript. */
  function projectWithPackage(): string {
    const directory = project();
    mkdirSync(join(directory, "node_modules", "words"));
    write(directory, "node_modules/words/index.js", `exports.words = () => "one two";`);
    return directory;
  }

  /** The kept file and when it was last written. */
  function keptCode(directory: string) {
    const caches = join(directory, "node_modules/.cache/landscape");
    const [file, ...others] = readdirSync(caches).filter((name) => name.startsWith("compiled-code-"));
    if (file === undefined || others.length > 0)
      throw new Error(`expected one file of code, found ${others.length + 1}`);
    return { file: join(caches, file), written: statSync(join(caches, file)).ino };
  }

  it("is kept once, and given back", async () => {
    const directory = projectWithPackage();
    expect(await run(directory, program)).toBe("hello Ada one two");
    const { written } = keptCode(directory);
    expect(await run(directory, program)).toBe("hello Ada one two");
    expect(keptCode(directory).written).toBe(written);
  });

  it("is compiled again for a module that was edited, of the project or a package, though its length is the same", async () => {
    const directory = projectWithPackage();
    await run(directory, program);
    write(directory, "name.ts", 'export const name: string = "Eve";\n');
    write(directory, "node_modules/words/index.js", `exports.words = () => "two one";`);
    expect(await run(directory, program)).toBe("hello Eve two one");
    const { written } = keptCode(directory);
    expect(await run(directory, program)).toBe("hello Eve two one");
    expect(keptCode(directory).written).toBe(written);
  });

  it("is done without when the file is damaged, or of a V8 with other flags", async () => {
    const directory = projectWithPackage();
    await run(directory, program);
    const { file } = keptCode(directory);
    const content = readFileSync(file);
    content.fill(0, Math.floor(content.length / 2));
    writeFileSync(file, content);
    expect(await run(directory, program)).toBe("hello Ada one two");
    const flags = `require("node:v8").setFlagsFromString("--no-lazy"); ${program}`;
    expect(await run(directory, flags)).toBe("hello Ada one two");
  });

  it("runs modules as Node would", async () => {
    const directory = projectWithPackage();
    write(
      directory,
      "node_modules/words/index.js",
      `#!/usr/bin/env node
      const error = new Error("here"); exports.words = async () => [
        __filename === module.filename, require.resolve.paths("words")[0], typeof require.cache, this === exports,
        require("./lazy").lazy, (await require("./lazy").late()).sep, require("./other.json").kind, error.stack.split("\\n")[1].trim(),
      ].join(" ");`,
    );
    write(directory, "node_modules/words/lazy.js", 'exports.lazy = 1; exports.late = () => import("node:path");');
    write(directory, "node_modules/words/other.json", '{ "kind": "json" }');
    const words = join(directory, "node_modules", "words");
    const expected = `true ${join(words, "node_modules")} object true 1 / json at Object.<anonymous> (${join(words, "index.js")}:2:21)`;
    for (const _time of ["compiled", "kept"]) {
      expect(await run(directory, `${load} require("words").words().then(console.log);`)).toBe(expected);
    }
  });

  it("names the sources' lines in stack traces", async () => {
    const directory = project();
    write(directory, "broken.ts", "export function broken(): never {\n  throw new Error('lost');\n}\n");
    for (const _time of ["compiled", "kept"]) {
      const trace = await run(
        directory,
        `${load} try { require("./broken").broken(); } catch (error) { console.log(error.stack); }`,
      );
      expect(trace.split("\n")[1]).toBe(`    at Object.broken (${join(directory, "broken.ts")}:2:9)`);
    }
  });
});

it("loads every module that commands import, in a process of its own as they are", async () => {
  const loaders = ["code-cache", "typescript-loader"].map((name) => `require("./lib/module-loader/${name}.cjs");`);
  const folders = ["lib", "operations", "deployment", "cli/engines"];
  const files = folders.flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" }).map((file) => `./${folder}/${file}`),
  );
  const modules = files.filter((file) => /\.ts$/.test(file) && !/\.(generator|d)\.ts$|\/programs\//.test(file));
  expect(modules.length).toBeGreaterThan(150);
  const program = `${loaders.join("")} for (const file of ${JSON.stringify(modules)}) require(file);`;
  await execute(process.execPath, ["-e", program], { cwd: repository });
});
