import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exitCodes } from "../../cli/exit-codes";
import { commandLineProgram, type ParsedCommand, requireAction } from "../../cli/program";
import { findStack, stackDefinitions } from "../../stacks/registry";
import { repository } from "./run-command";

const readme = readFileSync(join(repository, "README.md"), "utf8");
const manifest: { scripts: Record<string, string> } = JSON.parse(
  readFileSync(join(repository, "package.json"), "utf8"),
);

const daily = readFileSync(join(repository, "docs/daily.md"), "utf8");
const bootstrap = readFileSync(join(repository, "docs/bootstrap.md"), "utf8");

/** Every `npm start` and `npm run` line of the README, of every day and of bootstrap, in blocks and in running text. */
const commandLines = [...`${readme}\n${daily}\n${bootstrap}`.matchAll(/npm (?:start|run)(?: (?:-s )?[^\n`#|]*)?/g)].map(
  (match) => match[0].trim(),
);

async function parse(words: readonly string[]): Promise<ParsedCommand> {
  let parsed: ParsedCommand | undefined;
  const program = commandLineProgram(words, async (command) => {
    parsed = command;
  });
  for (const command of [program, ...program.commands])
    command.configureOutput({ writeErr: () => {}, writeOut: () => {} });
  await program.parseAsync([...words], { from: "user" });
  if (parsed === undefined) throw new Error(`nothing was run by ${words.join(" ")}`);
  return parsed;
}

describe("the README", () => {
  it("shows enough commands to be worth checking", () => {
    expect(commandLines.length).toBeGreaterThan(12);
  });

  it.each(commandLines.filter((line) => !line.includes("--help")))("can be followed: %s", async (line) => {
    const words = line.replace(/^npm (?:run )?(?:-s )?/, "").match(/(?:"[^"]*"|\S)+/g) ?? [];
    const [script = "", ...options] = words.map((word) => word.replaceAll('"', ""));
    expect(manifest.scripts).toHaveProperty(script);
    if (options.length > 0) expect(options[0]).toBe("--");
    const command = await parse([script, ...options.slice(1)]);
    if (requireAction(command.name, command.definition, command.stray) === undefined) expect(command.stray).toEqual([]);
    const { stack } = command.options;
    if (typeof stack === "string") expect(findStack(stack)).toBeDefined();
  });

  it("lists every stack and what it reads from", () => {
    for (const { name, readsFrom } of stackDefinitions) {
      const row = readme.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
      expect(row?.split("|")[3]?.replaceAll("`", "").trim()).toBe(readsFrom.join(", "));
    }
  });

  it("lists every exit code", () => {
    for (const code of Object.values(exitCodes)) expect(readme).toMatch(new RegExp(`^\\| ${code} \\|`, "m"));
  });

  it("points at files that are there", () => {
    const paths = [
      ...readme.matchAll(/`((?:stacks|components|policies|sandbox|cli|docs|test)\/[\w./-]*)`|\]\(([^)]+)\)/g),
    ];
    expect(paths.length).toBeGreaterThan(5);
    for (const match of paths) {
      const [path = "", heading] = (match[1] ?? match[2] ?? "").split("#");
      expect([path, existsSync(join(repository, path))]).toEqual([path, true]);
      if (heading !== undefined) expect(headingsOf(path)).toContain(heading);
    }
  });
});

/** The headings of a page as links name them. */
function headingsOf(path: string): string[] {
  const text = readFileSync(join(repository, path), "utf8");
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title.toLowerCase().replaceAll(" ", "-"));
}

describe("the pages of every day and of bootstrap", () => {
  it("find where a person is told, let in or listed, when that person leaves", () => {
    const [, person = ""] = /^person=(\S+)/m.exec(daily) ?? [];
    const [line = ""] = /^grep -rn .*$/m.exec(daily) ?? [];
    const found = execFileSync("sh", ["-c", line], {
      cwd: repository,
      env: { ...process.env, person },
      encoding: "utf8",
    });
    expect(found).toMatch(/^Pulumi\.hosts\.yaml:\d+:.*group:operators/m);
  });

  it("name the workflow that leaves bootstrap to a person", () => {
    const drift = readFileSync(join(repository, ".github/workflows/drift.yml"), "utf8");
    const looked = [...drift.matchAll(/^\s*- stack: (\S+)/gm)].map(([, stack]) => stack);
    expect(bootstrap).toContain("`drift.yml` looks at every stack each morning but at this one");
    expect(stackDefinitions.map(({ name }) => name).filter((name) => !looked.includes(name))).toEqual(["bootstrap"]);
  });
});
