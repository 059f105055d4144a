import { relative } from "node:path";
import type { ConfigValue } from "../../deployment/operation";
import { configText, qualifiedKey, typeProblem } from "../../deployment/project/config-schema";
import { ConfigDecryptionError, ProjectError } from "../../deployment/project/project-error";
import type { ProjectFile } from "../../deployment/project/project-file";
import { readStackFile, type StackFile, stackFilePath } from "../../deployment/project/pulumi-stack-file";
import { closestName } from "../../lib/closest-name";
import { formatProblem, type LocatedProblem } from "../../lib/located-yaml/problem";
import { wholeFile } from "../../lib/located-yaml/read-yaml";

/** A stack's configuration, ready for a program. */
export interface SandboxConfiguration {
  /** By fully qualified key (`alai:environment`); the project's defaults are merged in. */
  readonly config: ReadonlyMap<string, ConfigValue>;
  /** Keys whose secret is encrypted for a provider that the sandbox does not ask; they hold a fake value, named after the key. */
  readonly fakeSecrets: readonly string[];
  /** The logical names of what is to be taken over and is not in the sandbox's accounts. Default: none. */
  readonly elsewhere?: readonly string[];
}

function configValue({ value, secret, secretTexts = [] }: WrittenValue): ConfigValue {
  return secretTexts.length === 0 ? { value, secret } : { value, secret, secretTexts };
}

interface WrittenValue extends ConfigValue {
  readonly writtenKey: string;
  readonly isFake: boolean;
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
): Promise<SandboxConfiguration> {
  const file = readStackFile(project, stack);
  const written = file === undefined ? new Map() : await writtenValues(project, file, openDecrypter);
  const problems = [...valueProblems(project, file, written), ...missingProblems(project, stack, file, written)];
  if (problems.length > 0) throw new ProjectError(problems);
  return {
    config: new Map([...defaults(project), ...[...written].map(([key, value]) => [key, configValue(value)] as const)]),
    fakeSecrets: [...written].filter(([, value]) => value.isFake).map(([key]) => key),
  };
}

async function writtenValues(
  project: ProjectFile,
  file: StackFile,
  openDecrypter: OpenDecrypter,
): Promise<Map<string, WrittenValue>> {
  const decrypted = await decryptedConfig(file, openDecrypter);
  return new Map(
    [...decrypted].map(([writtenKey, { value, ...rest }]) => [
      qualifiedKey(writtenKey, project.project.name),
      { writtenKey, value: configText(value), ...rest },
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
): LocatedProblem[] {
  if (file === undefined) return [];
  return [...written].flatMap(([key, value]) => {
    const path = ["config", value.writtenKey];
    const declaration = project.declarations.get(key);
    if (declaration === undefined) return closestKeyProblems(project, file, path, key);
    const problem = value.isFake ? undefined : typeProblem(value.value, declaration.type, value.secret);
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
function closestKeyProblems(
  project: ProjectFile,
  file: StackFile,
  path: readonly string[],
  key: string,
): LocatedProblem[] {
  const closest = closestName(key, project.declarations.keys());
  if (closest === undefined) return [];
  const required = project.declarations.get(closest)?.required === true ? " It is required" : "";
  return [file.yaml.problem(path, `unknown key "${path.at(-1)}"; did you mean "${closest}"?${required}`)];
}

function missingProblems(
  project: ProjectFile,
  stack: string,
  file: StackFile | undefined,
  written: ReadonlyMap<string, WrittenValue>,
): LocatedProblem[] {
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
    return wholeFile(path, `there is no such file; ${message}`);
  });
}

/** Turns one `secure:` value back into text. Throws when the passphrase is not the one it was encrypted with. */
export interface SecretDecrypter {
  decrypt(ciphertext: string): string;
}

interface DecryptedValue {
  readonly value: unknown;
  readonly secret: boolean;
  readonly secretTexts: readonly string[];
  readonly isFake: boolean;
}

/** Makes a decrypter for a stack's salt. Throws when the passphrase is not the one the salt was made with. */
type OpenDecrypter = (salt: string) => Promise<SecretDecrypter>;

/** The values of a stack file in the clear. What is encrypted for another provider becomes `sandbox-<key>`. */
async function decryptedConfig(file: StackFile, open: OpenDecrypter): Promise<Map<string, DecryptedValue>> {
  const decrypter = await decrypterOf(file, open);
  return new Map(Object.entries(file.config).map(([key, value]) => [key, readValue(file, key, value, decrypter)]));
}

/** Undefined when there is nothing to decrypt, or nothing that could be. */
async function decrypterOf(file: StackFile, open: OpenDecrypter): Promise<SecretDecrypter | undefined> {
  const { encryption } = file;
  const [key] = Object.entries(file.config).find(([, value]) => holdsSecure(value)) ?? [];
  if (key === undefined || encryption.kind !== "passphrase") return undefined;
  try {
    return await open(encryption.salt);
  } catch (error) {
    throw decryptionError(file, key, error);
  }
}

function readValue(
  file: StackFile,
  key: string,
  value: unknown,
  decrypter: SecretDecrypter | undefined,
): DecryptedValue {
  const secretTexts: string[] = [];
  const read = (part: unknown, fake: string): unknown => {
    if (isSecure(part)) {
      const text = decrypter === undefined ? fake : decrypt(file, key, part.secure, decrypter);
      secretTexts.push(text);
      return text;
    }
    if (Array.isArray(part)) return part.map((item, index) => read(item, `${fake}-${index}`));
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([child, item]) => [child, read(item, `${fake}-${child}`)]));
  };
  const secret = holdsSecure(value);
  const name = key.slice(key.indexOf(":") + 1);
  const clear = read(value, `sandbox-${name}`);
  return {
    value: clear,
    secret,
    secretTexts: isSecure(value) ? [] : secretTexts,
    isFake: secret && decrypter === undefined,
  };
}

function decrypt(file: StackFile, key: string, ciphertext: string, decrypter: SecretDecrypter): string {
  try {
    return decrypter.decrypt(ciphertext);
  } catch (error) {
    throw decryptionError(file, key, error);
  }
}

function decryptionError(file: StackFile, key: string, cause: unknown): ConfigDecryptionError {
  const problem = file.yaml.problem(["config", key], "cannot be decrypted with this passphrase");
  const remedy = "Set PULUMI_CONFIG_PASSPHRASE to the one the stack was made with.";
  return new ConfigDecryptionError(`${formatProblem(problem)}. ${remedy}`, { cause });
}

function holdsSecure(value: unknown): boolean {
  if (isSecure(value)) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsSecure);
}

function isSecure(value: unknown): value is { readonly secure: string } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && "secure" in value && typeof value.secure === "string";
}
