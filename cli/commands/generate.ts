import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { GeneratedFile, Generator, GeneratorRequest } from "../../lib/generator";
import { type CommandContext, cancelledOutcome, defineCommand, done, type Outcome } from "../command";
import { exitCodes } from "../exit-codes";
import type { OptionTable, OptionValues } from "../options";
import { projectRoot } from "../project-root";

const options = {
  check: { flags: "--check", description: "write nothing; exit code 7 when anything generated is stale" },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "Write every generated file of the repository: schemas, tables, workflows, documents, package.json's scripts. With --check only name what is stale, exit code 7.",
  options,
  examples: ["npm run generate", "npm run generate -- --check"],
  stack: "none",
  deploys: true,
  run,
});

/** Writes every generated file of the repository that is not what it should be, or with `--check` names them. */
async function run(context: Context): Promise<Outcome> {
  const { options, signal, say } = context;
  const request: SettleRequest = { root: projectRoot, check: options.check === true, signal, say };
  const data = await settleAll(generatorModules(projectRoot, "data-generator").map(loadGenerator), request);
  // This process has loaded the data as they were: what is made from them is made in a new one.
  if (data.stale > 0 && !request.check && !signal.aborted) return makeDocuments(data.stale, say);
  const documents = await settleAll(generatorModules(projectRoot, "generator").map(loadGenerator), request);
  const [files, stale] = [data.files + documents.files, data.stale + documents.stale];
  if (signal.aborted) {
    const what = request.check ? "nothing was written" : `${stale} files were written`;
    return cancelledOutcome(context, what);
  }
  if (stale === 0) return done(`${files} generated files are as they should be`);
  if (!request.check) return done(`${stale} of ${files} generated files written`);
  const summary = `${stale} of ${files} generated files are stale; npm run generate writes them; exit code 7`;
  return { exitCode: exitCodes.unexpectedChanges, summary };
}

export interface SettleRequest extends GeneratorRequest {
  /** Write nothing, only name what is stale. */
  readonly check: boolean;
  say(line: string): void;
}

/** Makes what the generators write what it should be, and counts it. */
export async function settleAll(generators: readonly Generator[], request: SettleRequest) {
  const found = { files: 0, stale: 0 };
  for (const generator of generators) {
    if (request.signal.aborted) break;
    const generated = await generator.files(request);
    const stale = [
      ...generated.filter((file) => isStale(request.root, file)),
      ...leftFiles(request.root, generator, generated),
    ];
    for (const file of stale) settle(request, file);
    found.files += generated.length;
    found.stale += stale.length;
  }
  return found;
}

/** Makes what is made from the data, in another process, and says what it wrote: not how that process begins and ends. */
export function makeDocuments(
  written: number,
  say: (line: string) => void,
  command: readonly string[] = [join(projectRoot, "cli", "run.mjs"), "generate"],
): Outcome {
  const { status, stdout } = spawnSync(process.execPath, [...process.execArgv, ...command], {
    stdio: ["inherit", "pipe", "inherit"],
    encoding: "utf8",
  });
  const lines = stdout.trimEnd().split("\n").slice(1, -1);
  for (const line of lines) say(line);
  if (status === 0) return done(`${written + lines.length} generated files written`);
  return { exitCode: exitCodes.error, summary: "what is made from the written files could not be made, exit code 1" };
}

/** Directories in which no subject lies. */
const withoutSubjects: ReadonlySet<string> = new Set(["bench", "docs", "node_modules", "test"]);

/** The generators of one kind, by the end of their files' names; full paths. */
export function generatorModules(root: string, kind: "data-generator" | "generator"): readonly string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !withoutSubjects.has(entry.name))
    .flatMap(({ name }) =>
      readdirSync(join(root, name), { recursive: true, encoding: "utf8" }).map((path) => join(root, name, path)),
    )
    .filter((path) => path.endsWith(`.${kind}.ts`))
    .sort();
}

export function loadGenerator(path: string): Generator {
  const { generator }: { readonly generator?: Generator } = require(path);
  if (generator === undefined) throw new Error(`${path} exports no generator`);
  return generator;
}

function isStale(root: string, { path, text }: GeneratedFile): boolean {
  const file = join(root, path);
  return !existsSync(file) || readFileSync(file, "utf8") !== text;
}

/** A file that a generator wrote once and does not write any more. */
interface LeftFile {
  readonly path: string;
  readonly text?: undefined;
}

function leftFiles(
  root: string,
  { directories = [] }: Generator,
  generated: readonly GeneratedFile[],
): readonly LeftFile[] {
  const paths = new Set(generated.map(({ path }) => path));
  return directories
    .filter((directory) => existsSync(join(root, directory)))
    .flatMap((directory) => readdirSync(join(root, directory)).map((name) => ({ path: `${directory}/${name}` })))
    .filter(({ path }) => !paths.has(path));
}

/** Makes a file what it should be, or with `--check` only names it. */
function settle({ root, check, say }: SettleRequest, { path, text }: GeneratedFile | LeftFile): void {
  const what = text === undefined ? (check ? "left over" : "removed") : check ? "stale" : "written";
  say(`    ${what.padEnd(9)}  ${path}`);
  if (check) return;
  const file = join(root, path);
  if (text === undefined) {
    rmSync(file);
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
