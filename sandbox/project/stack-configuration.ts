import { relative } from "node:path";
import type { ConfigValue } from "../../deployment/operation";
import { configText, qualifiedKey, typeProblem } from "../../deployment/project/config-schema";
import { type FileProblem, ProjectError } from "../../deployment/project/project-error";
import type { ProjectFile } from "../../deployment/project/project-file";
import { readStackFile, type StackFile, stackFilePath } from "../../deployment/project/stack-file";
import { closestName } from "../../lib/closest-name";
import { decryptedConfig, type OpenDecrypter } from "./secure-values";

/** A stack's configuration, ready for a program. */
export interface StackConfiguration {
  /** By fully qualified key (`alai:environment`); the project's defaults are merged in. */
  readonly config: ReadonlyMap<string, ConfigValue>;
  /** Keys whose secret is encrypted for a provider that the sandbox does not ask; they hold a named stand-in. */
  readonly standIns: readonly string[];
}

interface WrittenValue extends ConfigValue {
  readonly writtenKey: string;
  readonly standIn: boolean;
}

/**
 * Reads `Pulumi.<stack>.yaml`, decrypts its secrets, merges the project's defaults and checks everything against the schema in
 * `Pulumi.yaml`. All problems come as one {@link ProjectError}.
 *
 * @param openDecrypter makes a decrypter for the stack's salt; called only when there is something to decrypt
 */
export async function loadStackConfiguration(
  project: ProjectFile,
  stack: string,
  openDecrypter: OpenDecrypter,
): Promise<StackConfiguration> {
  const file = readStackFile(project, stack);
  const written = file === undefined ? new Map() : await writtenValues(project, file, openDecrypter);
  const problems = [...valueProblems(project, file, written), ...missingProblems(project, stack, file, written)];
  if (problems.length > 0) throw new ProjectError(problems);
  return {
    config: new Map([...defaults(project), ...written].map(([key, { value, secret }]) => [key, { value, secret }])),
    standIns: [...written].filter(([, value]) => value.standIn).map(([key]) => key),
  };
}

async function writtenValues(
  project: ProjectFile,
  file: StackFile,
  openDecrypter: OpenDecrypter,
): Promise<Map<string, WrittenValue>> {
  const decrypted = await decryptedConfig(file, openDecrypter);
  return new Map(
    [...decrypted].map(([writtenKey, { value, secret, standIn }]) => [
      qualifiedKey(writtenKey, project.project.name),
      { writtenKey, value: configText(value), secret, standIn },
    ]),
  );
}

function defaults(project: ProjectFile): [string, ConfigValue][] {
  return [...project.declarations.values()].flatMap((declaration) => {
    if (declaration.fallback === undefined) return [];
    return [[declaration.key, { value: declaration.fallback, secret: declaration.secret }]];
  });
}

function valueProblems(
  project: ProjectFile,
  file: StackFile | undefined,
  written: ReadonlyMap<string, WrittenValue>,
): FileProblem[] {
  if (file === undefined) return [];
  return [...written].flatMap(([key, value]) => {
    const path = ["config", value.writtenKey];
    const declaration = project.declarations.get(key);
    if (declaration === undefined) return misspelled(project, file, path, key);
    const problem = value.standIn ? undefined : typeProblem(value.value, declaration.type, value.secret);
    return [
      ...(problem === undefined ? [] : [file.yaml.problem(path, problem)]),
      ...(declaration.secret && !value.secret ? [file.yaml.problem(path, plainSecret(value.writtenKey))] : []),
    ];
  });
}

function plainSecret(key: string): string {
  return `must be encrypted; set it with \`pulumi config set --secret ${key}\``;
}

/** A key that no declaration is close to is the program's own affair, as with the real engine. */
function misspelled(project: ProjectFile, file: StackFile, path: readonly string[], key: string): FileProblem[] {
  const closest = closestName(key, project.declarations.keys());
  if (closest === undefined) return [];
  const required = project.declarations.get(closest)?.required === true ? " It is required." : "";
  return [file.yaml.problem(path, `unknown key, did you mean "${closest}"?${required}`)];
}

function missingProblems(
  project: ProjectFile,
  stack: string,
  file: StackFile | undefined,
  written: ReadonlyMap<string, WrittenValue>,
): FileProblem[] {
  // A key that was meant and is misspelled is one mistake, told where it is.
  const undeclared = [...written.keys()].filter((key) => !project.declarations.has(key));
  const meant = new Set(undeclared.map((key) => closestName(key, project.declarations.keys())));
  const missing = [...project.declarations.values()].filter(
    ({ key, required }) => required && !written.has(key) && !meant.has(key),
  );
  return missing.map(({ key }) => {
    const message = `required configuration value ${key} is missing; add it, or a default in the project file`;
    if (file !== undefined) return file.yaml.problem(["config"], message);
    const path = relative(project.project.root, stackFilePath(project, stack));
    return { file: path, line: 1, column: 1, message: `there is no such file; ${message}` };
  });
}
