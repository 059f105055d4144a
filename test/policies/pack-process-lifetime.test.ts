import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { AnalyzerProcess } from "../../deployment/policies/analyzer-process";
import { typescriptLoader } from "../cli/run-command";
import { packOf, writtenPack } from "./written-pack";

const patienceMilliseconds = 10_000;

it("ends the pack when it is closed", async () => {
  const pack = await AnalyzerProcess.start(writtenPack(packOf("validateResource: () => {}")));
  expect(isRunning(pack.pid)).toBe(true);
  await pack.close();
  expect(isRunning(pack.pid)).toBe(false);
});

it("leaves no pack behind when its parent is killed", async () => {
  const directory = writtenPack(packOf("validateResource: () => {}"));
  const program = `require("./deployment/policies/analyzer-process.ts").AnalyzerProcess
    .start(${JSON.stringify(directory)}).then((pack) => console.log(pack.pid))`;
  const parent = spawn(process.execPath, ["--require", typescriptLoader, "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const packPid = await new Promise<number>((resolve) => {
    createInterface({ input: parent.stdout }).once("line", (line) => resolve(Number(line)));
  });
  expect(isRunning(packPid)).toBe(true);
  parent.kill("SIGKILL");
  await expect.poll(() => isRunning(packPid), { timeout: patienceMilliseconds }).toBe(false);
});

function isRunning(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
