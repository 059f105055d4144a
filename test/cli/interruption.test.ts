import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const repository = join(__dirname, "..", "..");

/** Sends signals to a process that takes half a second to finish what it does, and says "finished" then. */
async function interrupted(...signals: readonly NodeJS.Signals[]): Promise<string> {
  const program = `
    const { Interruption } = require("./cli/main");
    const { signal } = new Interruption((line) => console.log(line), () => "npm run up -- --stack dev");
    signal.addEventListener("abort", () => setTimeout(() => { console.log("finished"); process.exit(0); }, 500));
    setInterval(() => {}, 1000);
    console.log("ready");`;
  const child = spawn(process.execPath, ["--require", "./lib/module-loader/typescript-loader.cjs", "--eval", program], {
    cwd: repository,
  });
  let said = "";
  const left = [...signals];
  child.stdout.setEncoding("utf8").on("data", (more: string) => {
    said += more;
    const next = left.shift();
    if (next !== undefined) child.kill(next);
  });
  const exitCode = await new Promise((resolve) => child.once("close", resolve));
  return `${said.includes("finished") ? "finished" : said.trimEnd().split("\n").slice(-2).join("")}, ${exitCode}`;
}

/** Interrupts a command as soon as it has written a text, and returns its exit code and its last two lines. */
async function interruptCommand(text: string, ...args: readonly string[]) {
  const { CI: _ci, ...environment } = process.env;
  const child = spawn(process.execPath, ["cli/run.mjs", ...args], { cwd: repository, env: environment });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => {
    const wasThere = output.includes(text);
    output += more;
    if (!wasThere && output.includes(text)) child.kill("SIGINT");
  });
  const exitCode = await new Promise((resolve) => child.once("close", resolve));
  return { exitCode, end: output.trimEnd().split("\n").slice(-2).join("\n") };
}

describe("an interrupt", () => {
  it("lets running steps finish, and a second one ends at once", async () => {
    expect(await interrupted("SIGINT")).toBe("finished, 0");
    expect(await interrupted("SIGTERM", "SIGINT")).toBe(
      "cancelled by you; steps that were running may have happened or not, exit code 8; run it again, which finds out:    npm run up -- --stack dev, 8",
    );
  });

  it.each([
    ["match ", ["conformance"], /\d+ of \d+ recorded runs match/, "npm run conformance"],
    ["deploys ", ["policies", "--list"], /what had begun was given up/, "npm run policies -- --list"],
  ])(
    "after %o ends %o with what was done and the line that runs it again",
    async (text, args, what, line) => {
      const { exitCode, end } = await interruptCommand(text, ...args);
      expect([exitCode, end]).toEqual([
        8,
        expect.stringMatching(/ · cancelled by you; .*, exit code 8; run it again:\n {4}npm/),
      ]);
      expect(end).toMatch(what);
      expect(end.endsWith(`\n    ${line}`)).toBe(true);
    },
    60_000,
  );

  it("is not hurried by a terminal that is closed meanwhile", async () => {
    expect(await interrupted("SIGINT", "SIGHUP")).toBe("finished, 0");
  });
});
