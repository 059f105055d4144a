import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type Benchmark, mark } from "../benchmark";
import { timeProcess } from "../fresh-process";
import { median } from "../measurement";
import { makeProjectForRealEngine } from "../real-engine-project";

const root = join(__dirname, "..", "..");

export const realEngine: Benchmark = {
  name: "real-engine",
  description: "the same preview of prod by the commands and by `pulumi`, where one is on the PATH",
  async run({ runs, directory, signal }) {
    const version = pulumiVersion();
    const measured = "prod, pulumi preview";
    if (version === undefined) {
      return [{ benchmark: "real-engine", measured, note: "no pulumi on the PATH: not measured" }];
    }
    const project = makeProjectForRealEngine(join(directory, "project"));
    await timeProcess("pulumi", ["stack", "init", "prod", ...project.options], project.environment);
    const real: number[] = [];
    const sandbox: number[] = [];
    for (let round = 0; round < runs; round += 1) {
      signal.throwIfAborted();
      sandbox.push(
        await timeProcess(
          process.execPath,
          [join(root, "cli", "run.mjs"), "preview", "--stack", "prod", "--engine", "sandbox"],
          { SANDBOX_DIRECTORY: join(directory, "sandbox") },
        ),
      );
      const policies = ["--policy-pack", join(root, "policies")];
      const preview = ["preview", "--stack", "prod", ...policies, ...project.options];
      real.push(await timeProcess("pulumi", preview, project.environment));
    }
    const ratio = median(sandbox) / median(real);
    return [
      { benchmark: "real-engine", measured, seconds: median(real), note: `pulumi ${version}` },
      {
        benchmark: "real-engine",
        measured: "prod, npm run preview",
        seconds: median(sandbox),
        mark: mark("sandbox ÷ pulumi", ratio, 1),
      },
    ];
  },
};

function pulumiVersion(): string | undefined {
  try {
    return execFileSync("pulumi", ["version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}
