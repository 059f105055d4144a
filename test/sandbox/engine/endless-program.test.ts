import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);

it("a program that waits for something that never comes ends with an error instead of in silence", async () => {
  const child = join(__dirname, "endless-child.ts");
  const { stdout } = await run(process.execPath, ["--import", "tsx", child], {
    cwd: join(__dirname, "..", "..", ".."),
  });
  expect(stdout).toMatch(/waits for something that never comes[\s\S]*failed program\n$/);
});
