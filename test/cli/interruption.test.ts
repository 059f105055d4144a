import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const repository = join(__dirname, "..", "..");

/** Sends signals to a process that takes half a second to finish what it does, and says "finished" then. */
async function interrupted(...signals: readonly NodeJS.Signals[]): Promise<string> {
  const program = `
    const { Interruption } = require("./cli/interruption");
    const { signal } = new Interruption((line) => console.log(line));
    signal.addEventListener("abort", () => setTimeout(() => { console.log("finished"); process.exit(0); }, 500));
    setInterval(() => {}, 1000);
    console.log("ready");`;
  const child = spawn(process.execPath, ["--require", "./cli/typescript-loader.cjs", "--eval", program], {
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
  return `${said.includes("finished") ? "finished" : "stopped at once"}, ${exitCode}`;
}

describe("an interrupt", () => {
  it("lets running steps finish, and a second one ends at once", async () => {
    expect(await interrupted("SIGINT")).toBe("finished, 0");
    expect(await interrupted("SIGTERM", "SIGINT")).toBe("stopped at once, 8");
  });

  it("is not hurried by a terminal that is closed meanwhile", async () => {
    expect(await interrupted("SIGINT", "SIGHUP")).toBe("finished, 0");
  });
});
