import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { readYaml } from "../../lib/located-yaml/read-yaml";
import { findPulumi, pathWithPulumi } from "../../operations/programs/pulumi-program";
import { compositionFileOf, stackDefinition, stackDefinitions } from "../../stacks/registry";
import { type Benchmark, type BenchmarkRun, mark, type Row } from "../benchmark";
import { measure, timeProcess } from "../fresh-process";
import { median } from "../measurement";

export const start: Benchmark = {
  name: "start",
  description: "npm start of a deployed stack with nothing to change, against importing what index.ts imports",
  async run(run) {
    const stacks = run.scale === "full" ? stackDefinitions.map(({ name }) => name) : ["bootstrap"];
    const rows: Row[] = [];
    for (const stack of stacks) rows.push(...(await measureStart(stack, run)));
    return rows;
  },
};

async function measureStart(stack: string, { runs, directory, signal }: BenchmarkRun): Promise<Row[]> {
  const deploy = () =>
    timeProcess(process.execPath, [...startArguments(), "--stack", stack], { SANDBOX_DIRECTORY: directory });
  await deploy();
  const imports: number[] = [];
  const starts: number[] = [];
  for (let round = 0; round < runs; round += 1) {
    signal.throwIfAborted();
    imports.push(await importProgram(stack));
    starts.push(await deploy());
  }
  // Neighbours in time had the same noise around them.
  const ratio = median(starts.map((seconds, index) => seconds / (imports[index] ?? seconds)));
  return [
    { benchmark: "start", measured: `${stack}, importing`, seconds: median(imports) },
    {
      benchmark: "start",
      measured: `${stack}, npm start`,
      seconds: median(starts),
      mark: mark("start ÷ importing", ratio, 3),
      note: "without npm's own time",
    },
  ];
}

/** What `npm start` hands to Node. */
function startArguments(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(__dirname, "..", "..", "package.json"), "utf8"));
  const [command, ...args] = String(scripts.start).split(" ");
  if (command !== "node") throw new Error(`package.json: npm start runs ${command}, expected node`);
  return args;
}

/**
 * Loads the program and the composition that it would run, and runs nothing. tsx loads each module by itself, and Node the packages:
 * the commands' own loader would shorten the yardstick with what is measured.
 */
function importProgram(stack: string): Promise<number> {
  const composition = compositionFileOf(stackDefinition(stack));
  const load = `
    const extensions = require("node:module")._extensions;
    require("./lib/module-loader/late-packages.cjs");
    const loadPackage = extensions[".js"];
    require("tsx/cjs");
    const loadSource = extensions[".js"];
    extensions[".js"] = (module, file) => (file.includes("node_modules") ? loadPackage : loadSource)(module, file);
    require("./index.ts");
    require("./${composition}");`;
  return timeProcess(process.execPath, ["-e", load], {});
}

const root = join(__dirname, "..", "..");

export const realEngine: Benchmark = {
  name: "real-engine",
  description:
    "previews of prod by `pulumi`, where `npm run real-engine` built one, or one is on the PATH: against the commands', and against the same resources written flat",
  async run({ scale, runs, directory, signal }) {
    const pulumi = findPulumi(join(root, ".drill"));
    const measured = "prod, pulumi preview";
    if (pulumi === undefined) {
      return [{ benchmark: "real-engine", measured, note: "no pulumi: npm run real-engine builds one" }];
    }
    const recording = join(directory, "recording.json");
    await measure({ what: "record", inventory: join(root, "stacks", "alai", "inventory"), recording }, scale);
    const project = makeProjectForRealEngine(pulumi, join(directory, "project"), ["prod"]);
    const flat = makeProjectForRealEngine(pulumi, join(directory, "flat"), ["prod"], flatEntry(recording));
    const version = execFileSync(pulumi, ["version"], { encoding: "utf8" }).trim();
    for (const { options, environment } of [project, flat])
      await timeProcess(pulumi, ["stack", "init", "prod", ...options], environment);
    const preview = ({ options, environment }: RealEngineProject, more: readonly string[] = []) =>
      timeProcess(pulumi, ["preview", "--stack", "prod", ...more, ...options], environment);
    const command = [join(root, "cli", "run.mjs"), "preview", "--stack", "prod", "--engine", "sandbox"];
    const seconds: Record<RealEngineRun, number[]> = { sandbox: [], checked: [], composed: [], flat: [] };
    for (let round = 0; round < runs; round += 1) {
      signal.throwIfAborted();
      const environment = { SANDBOX_DIRECTORY: join(directory, "sandbox") };
      seconds.sandbox.push(await timeProcess(process.execPath, command, environment));
      seconds.checked.push(await preview(project, ["--policy-pack", join(root, "policies")]));
      seconds.composed.push(await preview(project));
      seconds.flat.push(await preview(flat));
    }
    return realEngineRows(seconds, version);
  },
};

type RealEngineRun = "sandbox" | "checked" | "composed" | "flat";

function realEngineRows(seconds: Readonly<Record<RealEngineRun, readonly number[]>>, version: string): Row[] {
  const benchmark = "real-engine";
  // Neighbours in time had the same noise around them.
  const ratio = (one: RealEngineRun, other: RealEngineRun) =>
    median(seconds[one].map((each, round) => each / (seconds[other][round] ?? each)));
  return [
    { benchmark, measured: "prod, pulumi preview", seconds: median(seconds.checked), note: `pulumi ${version}` },
    {
      ...{ benchmark, measured: "prod, npm run preview", seconds: median(seconds.sandbox) },
      mark: mark("sandbox ÷ pulumi", ratio("sandbox", "checked"), 1),
    },
    { benchmark, measured: "prod, pulumi preview of it flat, without the pack", seconds: median(seconds.flat) },
    {
      ...{ benchmark, measured: "prod, pulumi preview without the pack", seconds: median(seconds.composed) },
      mark: mark("ours ÷ flat", ratio("composed", "flat"), 1.1),
    },
  ];
}

/** The entry of a project that makes the recorded resources, each directly under the stack. */
function flatEntry(recording: string): string {
  const program = JSON.stringify(join(root, "bench", "measurements", "flat-program"));
  return `import { readFileSync } from "node:fs";
import { flatProgram } from ${program};
flatProgram(JSON.parse(readFileSync(${JSON.stringify(recording)}, "utf8")))();
`;
}

export interface RealEngineProject {
  /** Options of every `pulumi` command. */
  readonly options: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * This project as the real engine can run it without an account: a file backend, the emulated clouds as provider plugins, and
 * fake values for the secrets that only the stack's own key opens.
 *
 * @param entry the text of its program. Default: this project's
 */
export function makeProjectForRealEngine(
  pulumi: string,
  directory: string,
  stacks: readonly string[],
  entry?: string,
): RealEngineProject {
  mkdirSync(join(directory, "backend"), { recursive: true });
  if (entry === undefined) symlinkSync(join(root, "index.ts"), join(directory, "index.ts"));
  else writeFileSync(join(directory, "index.ts"), entry);
  for (const name of ["package.json", "node_modules", "stacks", "components", "lib", "programs", "tsconfig.json"]) {
    symlinkSync(join(root, name), join(directory, name));
  }
  writeFileSync(join(directory, "Pulumi.yaml"), readFileSync(join(root, "Pulumi.yaml")));
  for (const stack of stacks) {
    const file = `Pulumi.${stack}.yaml`;
    const { config } = readYaml({
      file: join(root, file),
      schema: z.looseObject({ config: z.record(z.string(), z.unknown()) }),
      of: `the configuration of ${stack}`,
    });
    writeFileSync(join(directory, file), stringify({ config: replaceSecrets(config, "secret") }));
  }
  return {
    options: ["--cwd", directory, "--non-interactive"],
    environment: {
      PATH: pathWithPulumi(pulumi),
      PULUMI_BACKEND_URL: `file://${join(directory, "backend")}`,
      PULUMI_CONFIG_PASSPHRASE: "bench",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      SANDBOX_DIRECTORY: join(directory, "sandbox"),
    },
  };
}

/** Replaces what is encrypted by a name for it. */
function replaceSecrets(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => replaceSecrets(item, `${name}-${index}`));
  if (typeof value !== "object" || value === null) return value;
  if ("secure" in value) return `sandbox-${name}`;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaceSecrets(inner, key)]));
}
