import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { BuildOptions, Metafile } from "esbuild";
import { z } from "zod";
import { writeAtomically } from "../lib/atomic-file";
import { parseJson } from "../lib/json-value";

/** What is shipped to run elsewhere: a text that needs no other file of this project. */
export interface ShippedProgram {
  /** For a bundle: a module for Node.js 20 that imports nothing but Node's own modules. */
  readonly text: string;
  /** Of the text, as hex. */
  readonly sha256: string;
  /** The files of this project that it is made of, as paths from the root, sorted; the lock file stands for packages. */
  readonly inputs: readonly string[];
  /** Where the text lies on this machine. */
  readonly file: string;
}

/** Modules that are bundled together, because whoever needs one of them mostly needs the others. */
interface BundleGroup {
  readonly entries: readonly string[];
  readonly options: BuildOptions;
}

/**
 * Every program that is bundled. A stack ships the ones whose paths its modules name, which is how `npm run affected` finds them: a
 * path is written out where it is used.
 */
const bundles = {
  /** The program on the hosts: megabytes, because of Azure's packages. */
  host: {
    entries: ["programs/host/main.ts"],
    options: {
      // Packages in the CommonJS format ask for Node's modules by `require`, which a module does not have.
      banner: { js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);' },
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: "eof",
    },
  },
  /** Jobs are kilobytes, arguments of `node --eval` or files of a workflow: people read them there, so nothing is minified. */
  jobs: {
    entries: [
      "programs/jobs/copy-bucket.ts",
      "programs/jobs/copy-replicas.ts",
      "programs/jobs/export-zones.ts",
      "programs/jobs/heartbeat/watch.ts",
      "programs/jobs/keep-dumps.ts",
      "programs/jobs/mirror-repositories.ts",
      "programs/jobs/renew-certificate.ts",
      "programs/jobs/restore-replicas.ts",
      "programs/jobs/rollback.ts",
      "programs/jobs/switch-database.ts",
      "programs/jobs/visit-sites.ts",
    ],
    options: { charset: "utf8" },
  },
} as const satisfies Readonly<Record<string, BundleGroup>>;

/** Shell scripts, shipped as they are, with the parts that several of them have in the place of each line `#include parts/…`. */
const scripts = [
  "programs/scripts/bootstrap-secrets.sh",
  "programs/scripts/compare-servers.sh",
  "programs/scripts/dump-databases.sh",
  "programs/scripts/failover.sh",
  "programs/scripts/grant-database-roles.sh",
  "programs/scripts/install.sh",
  "programs/scripts/test-dumps.sh",
  "programs/scripts/uninstall.sh",
] as const;

type GroupName = keyof typeof bundles;
/** A job's module, by its path from the root. */
export type JobPath = (typeof bundles.jobs.entries)[number];
/** A shell script, by its path from the root. */
export type ScriptPath = (typeof scripts)[number];
/** Whatever is shipped, by its path from the root. */
export type ProgramPath = (typeof bundles.host.entries)[number] | JobPath | ScriptPath;

/** The paths of everything that is shipped. */
export const programPaths: readonly ProgramPath[] = [...bundles.host.entries, ...bundles.jobs.entries, ...scripts];

const project = dirname(__dirname);
const cacheDirectory = join(project, "node_modules", ".cache", "programs");
const lockFile = "package-lock.json";
/** What decides how every bundle is made. */
const buildFiles = [relative(project, __filename).split("\\").join("/"), lockFile, "tsconfig.json"];

const recordSchema = z.strictObject({
  /** Digests of everything that the group was built from, by path. */
  builtFrom: z.record(z.string(), z.string()),
  programs: z.record(z.string(), z.strictObject({ sha256: z.string(), inputs: z.array(z.string()) })),
});

type Programs = ReadonlyMap<string, ShippedProgram>;

/** What this process has read already. */
const known = new Map<GroupName, Programs>();

/**
 * A program that is shipped. What was bundled is kept and used again while none of its sources and no package changed.
 *
 * @param path the program, from the root
 * @param directory where bundles are kept. Default: `node_modules/.cache/programs`
 * @throws when a source does not compile, with esbuild's message
 */
export function shippedProgram(path: ProgramPath, directory?: string): ShippedProgram {
  if (isScript(path)) return readScript(path);
  const group = path === "programs/host/main.ts" ? "host" : "jobs";
  const programs = (directory === undefined ? known.get(group) : undefined) ?? loadGroup(group, directory);
  if (directory === undefined) known.set(group, programs);
  const found = programs.get(path);
  if (found === undefined) throw new Error(`${path} was not bundled`);
  return found;
}

function isScript(path: ProgramPath): path is ScriptPath {
  return path.endsWith(".sh");
}

function readScript(path: ScriptPath): ShippedProgram {
  const file = join(project, path);
  const text = readFileSync(file, "utf8").replace(included, (_line, name: string) =>
    readFileSync(join(dirname(file), name), "utf8"),
  );
  return { text, sha256: sha256Of(text), inputs: [path, ...scriptParts(project, path)].sort(), file };
}

const included = /^#include (.+)\n/gm;

/** The parts that a script includes, as paths from the root. @param root the directory of this project, or of another state of it */
export function scriptParts(root: string, path: string): readonly string[] {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(included)].map(([, name = ""]) => join(dirname(path), name).split("\\").join("/"));
}

function loadGroup(group: GroupName, directory = cacheDirectory): Programs {
  return readCache(group, directory) ?? buildGroup(group, directory);
}

/** Undefined when something that the group was built from changed, or a file is not what was written. */
function readCache(group: GroupName, directory: string): Programs | undefined {
  const record = join(directory, `${group}.json`);
  if (!existsSync(record)) return undefined;
  const { success, data } = recordSchema.safeParse(parseJson(readFileSync(record, "utf8")));
  if (!success || Object.entries(data.builtFrom).some(([path, sha256]) => digestOf(path) !== sha256)) return undefined;
  const programs = new Map<string, ShippedProgram>();
  for (const [path, { sha256, inputs }] of Object.entries(data.programs)) {
    const file = textFile(directory, path);
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    if (sha256Of(text) !== sha256) return undefined;
    programs.set(path, { text, sha256, inputs, file });
  }
  return bundles[group].entries.every((path) => programs.has(path)) ? programs : undefined;
}

function buildGroup(group: GroupName, directory: string): Programs {
  // Loaded when needed: most runs find the programs bundled.
  const { buildSync }: typeof import("esbuild") = require("esbuild");
  const { entries, options } = bundles[group];
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: project,
    entryPoints: [...entries],
    outbase: ".",
    outdir: "bundles",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    // Texts name packages by where they lie in the project, also where node_modules is a link to somewhere else.
    preserveSymlinks: true,
    write: false,
    metafile: true,
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "silent",
    ...options,
  });
  mkdirSync(directory, { recursive: true });
  const programs = new Map<string, ShippedProgram>();
  for (const [output, { entryPoint }] of Object.entries(metafile.outputs)) {
    const text = outputFiles.find(({ path }) => path === join(project, output))?.text;
    if (text === undefined || entryPoint === undefined) throw new Error(`esbuild made ${output} of no entry`);
    const file = textFile(directory, entryPoint);
    writeAtomically(file, text, { severalWriters: true });
    programs.set(entryPoint, { text, sha256: sha256Of(text), inputs: inputsOf(entryPoint, metafile), file });
  }
  writeAtomically(join(directory, `${group}.json`), JSON.stringify(recordOf(programs)), { severalWriters: true });
  return programs;
}

function recordOf(programs: Programs): z.infer<typeof recordSchema> {
  const builtFrom = new Set([...programs.values()].flatMap(({ inputs }) => inputs).concat(buildFiles));
  return {
    builtFrom: Object.fromEntries([...builtFrom].map((path) => [path, digestOf(path)])),
    programs: Object.fromEntries(
      [...programs].map(([path, { sha256, inputs }]) => [path, { sha256, inputs: [...inputs] }]),
    ),
  };
}

/** What a module loads, directly or through others. The lock file stands for the packages' thousand files. */
function inputsOf(entry: string, { inputs }: Metafile): string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    for (const { path: imported, external } of inputs[path]?.imports ?? []) if (external !== true) visit(imported);
  };
  visit(entry);
  const files = [...found].map((path) => (path.startsWith("node_modules/") ? lockFile : path));
  return [...new Set(files)].sort();
}

/** @example textFile(directory, "programs/jobs/heartbeat/watch.ts") // …/jobs-heartbeat-watch.mjs */
function textFile(directory: string, entry: string): string {
  return join(directory, `${entry.replace(/^programs\/|\.ts$/g, "").replaceAll("/", "-")}.mjs`);
}

function digestOf(path: string): string {
  const file = join(project, path);
  return existsSync(file) ? sha256Of(readFileSync(file)) : "";
}

function sha256Of(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
