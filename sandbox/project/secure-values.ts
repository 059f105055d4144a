import { ConfigDecryptionError } from "./project-error";
import type { StackFile } from "./stack-file";

/** Turns one `secure:` value back into text. Throws when the passphrase is not the one it was encrypted with. */
export interface SecretDecrypter {
  decrypt(ciphertext: string): string;
}

export interface DecryptedValue {
  readonly value: unknown;
  readonly secret: boolean;
  readonly standIn: boolean;
}

/** The values of a stack file in the clear. What is encrypted for another provider becomes `sandbox-<key>`. */
export function decryptedConfig(
  file: StackFile,
  decrypter: (salt: string) => SecretDecrypter,
): Map<string, DecryptedValue> {
  const reader = new SecureValueReader(file, decrypter);
  return new Map(Object.entries(file.config).map(([key, value]) => [key, reader.read(key, value)]));
}

class SecureValueReader {
  private opened: SecretDecrypter | undefined;

  constructor(
    private readonly file: StackFile,
    private readonly decrypter: (salt: string) => SecretDecrypter,
  ) {}

  read(key: string, value: unknown): DecryptedValue {
    const found = { secret: false, standIn: false };
    const name = key.slice(key.indexOf(":") + 1);
    const open = (part: unknown, path: string): unknown => {
      if (isSecure(part)) {
        found.secret = true;
        found.standIn ||= this.file.encryption.kind !== "passphrase";
        return this.decrypt(key, part.secure, path);
      }
      if (Array.isArray(part)) return part.map((item, index) => open(item, `${path}-${index}`));
      if (typeof part !== "object" || part === null) return part;
      return Object.fromEntries(Object.entries(part).map(([child, item]) => [child, open(item, `${path}-${child}`)]));
    };
    const opened = open(value, `sandbox-${name}`);
    return { value: opened, ...found };
  }

  private decrypt(key: string, ciphertext: string, standIn: string): string {
    const { encryption } = this.file;
    if (encryption.kind !== "passphrase") return standIn;
    try {
      this.opened ??= this.decrypter(encryption.salt);
      return this.opened.decrypt(ciphertext);
    } catch (error) {
      const problem = this.file.yaml.problem(["config", key], "cannot be decrypted with this passphrase");
      throw new ConfigDecryptionError(
        `${problem.file}:${problem.line}:${problem.column} ${problem.message}. Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the one the stack was made with.`,
        { cause: error },
      );
    }
  }
}

function isSecure(value: unknown): value is { readonly secure: string } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && "secure" in value && typeof value.secure === "string";
}
