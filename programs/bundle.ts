import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { z } from "zod";

/** The program that runs on the hosts, as one file. */
export interface HostBundle {
  /** A module for Node.js 20 that imports nothing but Node's own modules. */
  readonly text: string;
  /** Of the text, as hex: what the installation compares. */
  readonly sha256: string;
  /** Where the text lies on this machine. */
  readonly file: string;
}

const project = dirname(__dirname);
const cacheDirectory = join(project, "node_modules", ".cache", "host-bundle");
const lockFile = "package-lock.json";

const recordSchema = z.strictObject({ sha256: z.string(), inputs: z.record(z.string(), z.string()) });

/**
 * Bundles the program that runs on the hosts. What was built is kept and used again while none of its sources and no package changed.
 *
 * @param directory where what was built is kept. Default: `node_modules/.cache/host-bundle`
 */
export function hostBundle(directory = cacheDirectory): HostBundle {
  return kept(directory) ?? built(directory);
}

function kept(directory: string): HostBundle | undefined {
  const record = join(directory, "host.json");
  const file = join(directory, "host.mjs");
  if (!existsSync(record) || !existsSync(file)) return undefined;
  const { success, data } = recordSchema.safeParse(parsed(readFileSync(record, "utf8")));
  if (!success) return undefined;
  const text = readFileSync(file, "utf8");
  const isCurrent = Object.entries(data.inputs).every(([path, sha256]) => digestOf(path) === sha256);
  return isCurrent && sha256Of(text) === data.sha256 ? { text, sha256: data.sha256, file } : undefined;
}

function built(directory: string): HostBundle {
  // Loaded when needed: most runs find the program built.
  const { buildSync }: typeof import("esbuild") = require("esbuild");
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: project,
    entryPoints: [join(__dirname, "host", "main.ts")],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    target: "node20",
    format: "esm",
    // Packages in the CommonJS format ask for Node's modules by `require`, which a module does not have.
    banner: { js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);' },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "eof",
    logLevel: "silent",
  });
  const text = outputFiles[0]?.text ?? "";
  const sha256 = sha256Of(text);
  const sources = Object.keys(metafile.inputs).filter((path) => !path.startsWith("node_modules/"));
  // The lock file stands for the packages' thousand files.
  const inputs = Object.fromEntries(
    [...sources, relative(project, __filename), lockFile].map((path) => [path, digestOf(path)]),
  );
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "host.mjs");
  replace(file, text);
  replace(join(directory, "host.json"), JSON.stringify({ sha256, inputs }));
  return { text, sha256, file };
}

/** Two processes may build at once; neither must see half of what the other wrote. */
function replace(file: string, text: string): void {
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}

function digestOf(path: string): string {
  const file = join(project, path);
  return existsSync(file) ? sha256Of(readFileSync(file)) : "";
}

function sha256Of(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
