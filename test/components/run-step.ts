import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Step } from "../../components/github-actions/workflow";

/** Runs a step's script as GitHub's runner does, with commands that stand for the real ones: the body of each, for bash. */
export function runStep(
  step: Step | undefined,
  env: Readonly<Record<string, string>>,
  commands: Readonly<Record<string, string>>,
) {
  const directory = mkdtempSync(join(tmpdir(), "step-"));
  for (const [name, body] of Object.entries(commands)) {
    writeFileSync(join(directory, name), `#!/bin/bash\n${body}\n`);
    chmodSync(join(directory, name), 0o755);
  }
  const output = join(directory, "output");
  writeFileSync(output, "");
  const all = { PATH: `${directory}:${process.env.PATH}`, GITHUB_OUTPUT: output, RUNNER_TEMP: directory, ...env };
  const { status, stdout, stderr } = spawnSync("bash", ["-eo", "pipefail"], {
    input: step?.run ?? "exit 99",
    cwd: directory,
    env: all,
    encoding: "utf8",
  });
  return { status, said: stdout + stderr, output: readFileSync(output, "utf8"), directory };
}
