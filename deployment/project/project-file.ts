import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { z } from "zod";
import { closestName } from "../../lib/closest-name";
import { got, unknownKey } from "../../lib/located-yaml/messages";
import type { LocatedProblem } from "../../lib/located-yaml/problem";
import { wholeFile } from "../../lib/located-yaml/read-yaml";
import { checkAgainst } from "../../lib/located-yaml/schema-problems";
import type { Project } from "../operation";
import { type ConfigDeclaration, configText, configTypes, qualifiedKey } from "./config-schema";
import { PositionedYaml } from "./positioned-yaml";
import { ProjectError } from "./project-error";

/** A project as its `Pulumi.yaml` describes it. */
export interface ProjectFile {
  readonly project: Project;
  readonly description: string | undefined;
  /** The directory with the stacks' files. */
  readonly stackConfigDirectory: string;
  /** `.yaml`, `.yml` or `.json`: stack files have the same. */
  readonly extension: string;
  readonly declarations: ReadonlyMap<string, ConfigDeclaration>;
  /** The versions of Pulumi that may run the project (`>=3.100.0`), and how to say that one may not. */
  readonly requiredVersion:
    | { readonly range: string; readonly problem: (message: string) => LocatedProblem }
    | undefined;
}

const fileNames = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

const declarationSchema = z.looseObject({
  type: z.enum(configTypes).optional(),
  default: z.unknown().optional(),
  value: z.unknown().optional(),
  secret: z.boolean().optional(),
  description: z.string().optional(),
});

const projectSchema = z.looseObject({
  name: z.string().regex(/^[a-zA-Z0-9_.-]{1,100}$/, "expected letters, digits, hyphens, underscores and periods"),
  runtime: z.union([z.string(), z.looseObject({ name: z.string() })]),
  description: z.string().nullish(),
  main: z.string().optional(),
  stackConfigDir: z.string().optional(),
  requiredPulumiVersion: z.string().optional(),
  config: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
});
type ProjectDocument = z.infer<typeof projectSchema>;

const projectKeys = [
  "name",
  "runtime",
  "description",
  "main",
  "config",
  "stackConfigDir",
  "author",
  "website",
  "license",
  "backend",
  "options",
  "template",
  "plugins",
  "packages",
  "requiredPulumiVersion",
];

/**
 * Loads the project that `directory` is in: its `Pulumi.yaml`, `.yml` or `.json`, or that of the nearest directory above.
 * All problems of the file come as one {@link ProjectError}.
 */
export function loadProject(directory: string): ProjectFile {
  const path = findProjectFile(resolve(directory));
  if (path === undefined) {
    const message = `no ${fileNames.join(", ")} here or in a directory above; a Pulumi project has one`;
    throw new ProjectError([wholeFile(directory, message)]);
  }
  const yaml = PositionedYaml.read(path, basename(path));
  const content = yaml.content();
  const checked = checkAgainst(projectSchema, content);
  const misspelled = misspelledKeys(yaml, content);
  if (checked.kind === "valid") return assemble(path, yaml, checked.value, misspelled);
  throw new ProjectError([
    ...misspelled,
    ...checked.problems.map((problem) => yaml.problem(problem.path, problem.message)),
  ]);
}

function assemble(path: string, yaml: PositionedYaml, document: ProjectDocument, found: LocatedProblem[]): ProjectFile {
  const root = dirname(path);
  const problems = [...found];
  const runtime = typeof document.runtime === "string" ? document.runtime : document.runtime.name;
  if (runtime !== "nodejs") problems.push(yaml.problem(["runtime"], `expected nodejs${got(runtime)}`));
  const main = resolve(root, document.main ?? ".");
  if (!existsSync(main)) problems.push(yaml.problem(["main"], `${document.main} does not exist`));
  const declarations = readDeclarations(yaml, document, problems);
  if (problems.length > 0) throw new ProjectError(problems);
  const range = document.requiredPulumiVersion;
  const configDirectory = document.stackConfigDir ?? (typeof document.config === "string" ? document.config : ".");
  return {
    project: { name: document.name, root, main },
    description: document.description ?? undefined,
    stackConfigDirectory: resolve(root, configDirectory),
    extension: extname(path),
    declarations,
    requiredVersion: range
      ? { range, problem: (message) => yaml.problem(["requiredPulumiVersion"], message) }
      : undefined,
  };
}

function findProjectFile(directory: string): string | undefined {
  const present = existsSync(directory) ? new Set(readdirSync(directory)) : new Set<string>();
  const name = fileNames.find((candidate) => present.has(candidate));
  if (name !== undefined) return join(directory, name);
  const parent = dirname(directory);
  return parent === directory ? undefined : findProjectFile(parent);
}

function misspelledKeys(yaml: PositionedYaml, content: unknown): LocatedProblem[] {
  if (!isMap(content)) return [];
  return (
    Object.keys(content)
      .filter((key) => !projectKeys.includes(key))
      // Others are the affair of later versions of Pulumi.
      .filter((key) => closestName(key, projectKeys) !== undefined)
      .map((key) => yaml.problem([key], unknownKey([key], key, projectKeys).message))
  );
}

function readDeclarations(
  yaml: PositionedYaml,
  document: ProjectDocument,
  problems: LocatedProblem[],
): ReadonlyMap<string, ConfigDeclaration> {
  if (typeof document.config !== "object" || document.config === null) return new Map();
  const declarations = Object.entries(document.config).map(([writtenKey, value]) => {
    const checked = isMap(value) ? checkAgainst(declarationSchema, value) : undefined;
    if (checked?.kind === "invalid") {
      problems.push(
        ...checked.problems.map(({ path, message }) => yaml.problem(["config", writtenKey, ...path], message)),
      );
    }
    return declarationOf(writtenKey, document.name, checked?.kind === "valid" ? checked.value : { default: value });
  });
  return new Map(declarations.map((declaration) => [declaration.key, declaration]));
}

/** A key of another package (`azure-native:location`) carries a `value`; one of the project carries a type and a default. */
function declarationOf(
  writtenKey: string,
  project: string,
  content: z.infer<typeof declarationSchema>,
): ConfigDeclaration {
  const key = qualifiedKey(writtenKey, project);
  const fallback = content.value ?? content.default;
  return {
    key,
    writtenKey,
    type: content.type,
    secret: content.secret ?? false,
    fallback: fallback === undefined ? undefined : configText(fallback),
    required: fallback === undefined && key.startsWith(`${project}:`),
  };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
