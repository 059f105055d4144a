import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** The secrets file is missing, too open or malformed. The message never quotes a line of it. */
export class SecretsFileError extends Error {
  override name = "SecretsFileError";
}

/**
 * The secrets of a host, read from `<root>/etc/secrets.env`. It prints and serializes as nothing, so that no log and no error shows one.
 */
export class Secrets {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** @throws SecretsFileError when the file has no such line */
  required(name: string): string {
    const value = this.#values.get(name);
    if (value === undefined)
      throw new SecretsFileError(`etc/secrets.env has no line ${name}=; run bin/bootstrap-secrets`);
    return value;
  }

  /** The environment of a program that uses the store: its credentials and nothing else of the file. */
  storeEnvironment(): Record<string, string> {
    const names = [...this.#values].filter(([name]) =>
      /^(AZURE_(CLIENT_ID|CLIENT_SECRET|TENANT_ID)|LITESTREAM_AZURE_\w+)$/.test(name),
    );
    return Object.fromEntries(names);
  }

  /** Whether both open the store in the same way; a rotation changes it. */
  opensLike(other: Secrets): boolean {
    return JSON.stringify(this.storeEnvironment()) === JSON.stringify(other.storeEnvironment());
  }
}

/** @example secretsFileOf("/Users/operator/system") // "/Users/operator/system/etc/secrets.env" */
export function secretsFileOf(root: string): string {
  return join(root, "etc", "secrets.env");
}

/**
 * Reads a secrets file: lines `NAME=value`, without quotes; empty lines and lines that begin with `#` count for nothing.
 *
 * @throws SecretsFileError, also when anybody but its owner can read it
 */
export function readSecrets(file: string): Secrets {
  const { text, mode } = contentOf(file);
  if ((mode & 0o077) !== 0) {
    throw new SecretsFileError(
      `${file} has mode ${(mode & 0o777).toString(8).padStart(4, "0")}; expected 0600: others could read it. Run chmod 600 on it and rotate what is in it`,
    );
  }
  return new Secrets(linesOf(file, text));
}

function contentOf(file: string): { readonly text: string; readonly mode: number } {
  try {
    return { text: readFileSync(file, "utf8"), mode: statSync(file).mode };
  } catch (error) {
    const why = error instanceof Error && "code" in error ? error.code : error;
    throw new SecretsFileError(`${file} cannot be read (${why}); bin/bootstrap-secrets writes it`);
  }
}

function linesOf(file: string, text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const wrong: number[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, name, value] = /^([A-Z][A-Z0-9_]*)=(\S.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) wrong.push(index + 1);
    else values.set(name, value.trim());
  }
  if (wrong.length > 0)
    throw new SecretsFileError(`${file}: expected NAME=value in ${wrong.map((n) => `line ${n}`).join(", ")}`);
  return values;
}
