import { ConfigDecryptionError } from "../../deployment/project/project-error";
import type { StackFile } from "../../deployment/project/stack-file";

/** Turns one `secure:` value back into text. Throws when the passphrase is not the one it was encrypted with. */
export interface SecretDecrypter {
  decrypt(ciphertext: string): string;
}

export interface DecryptedValue {
  readonly value: unknown;
  readonly secret: boolean;
  readonly standIn: boolean;
}

/** Makes a decrypter for a stack's salt. Throws when the passphrase is not the one the salt was made with. */
export type OpenDecrypter = (salt: string) => Promise<SecretDecrypter>;

/** The values of a stack file in the clear. What is encrypted for another provider becomes `sandbox-<key>`. */
export async function decryptedConfig(file: StackFile, open: OpenDecrypter): Promise<Map<string, DecryptedValue>> {
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
  const read = (part: unknown, standIn: string): unknown => {
    if (isSecure(part)) return decrypter === undefined ? standIn : decrypted(file, key, part.secure, decrypter);
    if (Array.isArray(part)) return part.map((item, index) => read(item, `${standIn}-${index}`));
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([child, item]) => [child, read(item, `${standIn}-${child}`)]));
  };
  const secret = holdsSecure(value);
  const name = key.slice(key.indexOf(":") + 1);
  return { value: read(value, `sandbox-${name}`), secret, standIn: secret && decrypter === undefined };
}

function decrypted(file: StackFile, key: string, ciphertext: string, decrypter: SecretDecrypter): string {
  try {
    return decrypter.decrypt(ciphertext);
  } catch (error) {
    throw decryptionError(file, key, error);
  }
}

function decryptionError(file: StackFile, key: string, cause: unknown): ConfigDecryptionError {
  const { line, column, message } = file.yaml.problem(["config", key], "cannot be decrypted with this passphrase");
  const remedy = "Set PULUMI_CONFIG_PASSPHRASE to the one the stack was made with.";
  return new ConfigDecryptionError(`${file.yaml.file}:${line}:${column} ${message}. ${remedy}`, { cause });
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
