import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { BuildFailure, Metafile } from "esbuild";
import { programPaths } from "../../programs/bundle";

/** Which of the project's own files are loaded, read and shipped with which. Paths are from the root, with `/`. */
export class ImportGraph {
  private constructor(
    private readonly root: string,
    private readonly inputs: Metafile["inputs"],
  ) {}

  /**
   * Reads the imports of some modules and of what they load, with esbuild: imports of types load nothing.
   *
   * @param root the project's directory
   * @param entries modules, from the root; those that are not there are left out
   * @throws when a module cannot be parsed or an import leads nowhere, with its place
   */
  static read(root: string, entries: readonly string[]): ImportGraph {
    const { buildSync }: typeof import("esbuild") = require("esbuild");
    try {
      const { metafile } = buildSync({
        absWorkingDir: root,
        entryPoints: entries.filter((entry) => existsSync(join(root, entry))),
        outdir: "graph",
        bundle: true,
        packages: "external",
        platform: "node",
        format: "esm",
        write: false,
        metafile: true,
        logLevel: "silent",
      });
      return new ImportGraph(root, metafile.inputs);
    } catch (error) {
      throw isBuildFailure(error) ? new Error(problemsOf(error)) : error;
    }
  }

  /** What a module loads only when it needs it. */
  laterImports(file: string): string[] {
    const imports = this.inputs[file]?.imports ?? [];
    return imports.flatMap(({ path, kind, external }) =>
      external !== true && (kind === "require-call" || kind === "dynamic-import") ? [path] : [],
    );
  }

  /**
   * Everything that a module needs: what it imports, the programs it ships, the files beside it that it reads, and what those need.
   *
   * A module ships the programs whose paths it names (see `programPaths`), and reads the files beside it whose names it says.
   *
   * @param entry from the root
   * @param skip modules that are not loaded although they are imported
   */
  filesOf(entry: string, skip: ReadonlySet<string> = new Set()): ReadonlySet<string> {
    const found = new Set<string>();
    const visit = (file: string): void => {
      if (found.has(file) || skip.has(file)) return;
      found.add(file);
      const imports = this.inputs[file]?.imports;
      if (imports === undefined) return;
      for (const { path, external } of imports) if (external !== true) visit(path);
      for (const path of this.namedFiles(file)) visit(path);
    };
    visit(entry);
    return found;
  }

  private namedFiles(file: string): string[] {
    if (!/\.[cm]?[jt]s$/.test(file)) return [];
    const text = readFileSync(join(this.root, file), "utf8");
    const names = [...text.matchAll(/"([\w.-]+\.(?:ya?ml|json|sh))"/g)].map(([, name = ""]) => name);
    return [
      ...names.map((name) => posix.join(posix.dirname(file), name)),
      ...programPaths.filter((path) => file !== "programs/bundle.ts" && text.includes(`"${path}"`)),
    ];
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

function problemsOf({ errors }: BuildFailure): string {
  return errors
    .map(({ location, text }) =>
      location === null ? text : `${location.file}:${location.line}:${location.column + 1} ${text}`,
    )
    .join("\n");
}
