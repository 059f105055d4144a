import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { UnreadableState, WrongPassphrase } from "../../../deployment/state-errors";
import type { Secret } from "../../../deployment/values/property-value";

/** What the sandbox encrypts with when `PULUMI_CONFIG_PASSPHRASE` is not set. It is written here for all to see: not secret. */
export const defaultPassphrase = "sandbox";

// The parameters of Pulumi's passphrase secrets provider.
const iterations = 1_000_000;
const keyLength = 32;
const saltLength = 8;
const nonceLength = 12;
const tagLength = 16;
const verificationText = "pulumi";

const deriveKey = promisify(pbkdf2);
/** The salt of what is encrypted with the default passphrase: where the passphrase is public, a random one protects nothing. */
const publicSalt = Buffer.from("not-secr");
/** New states of one process share a salt, so that they share a key. */
const newSalt = randomBytes(saltLength);

/** Deriving a key takes some 0.5 s on purpose: once per salt and passphrase in a process, and never for the public pair. */
const keys = new Map<string, Promise<Buffer>>([
  [
    keyId(defaultPassphrase, publicSalt),
    Promise.resolve(Buffer.from("ZQJDGUn1h7KnNtQ4cl7M0mr4cKHjazCzcGyrZalw78Q=", "base64")),
  ],
]);

/** Encrypts and decrypts as Pulumi's passphrase secrets provider does: `v1:nonce:ciphertext`, AES-256-GCM. */
export class PassphraseCipher {
  /** Ciphertexts of secrets that came from the state, kept while their values are. */
  private readonly known = new WeakMap<Secret, string>();

  private constructor(
    private readonly key: Buffer,
    /** The line that goes into the state: it carries the salt and verifies the passphrase. */
    readonly saltLine: string,
  ) {}

  static async create(passphrase: string): Promise<PassphraseCipher> {
    const salt = passphrase === defaultPassphrase ? publicSalt : newSalt;
    const key = await keyFor(passphrase, salt);
    return new PassphraseCipher(key, `v1:${salt.toString("base64")}:${encrypt(key, verificationText)}`);
  }

  /**
   * @param saltLine as the state holds it: `v1:salt:v1:nonce:ciphertext`
   * @param where what is named when the passphrase is wrong
   */
  static async open(passphrase: string, saltLine: string, where: string): Promise<PassphraseCipher> {
    const [version, salt, ...verification] = saltLine.split(":");
    if (version !== "v1" || salt === undefined || verification.length !== 3) {
      throw new UnreadableState(`${where}: the secrets provider's salt is not in the v1 format`);
    }
    const key = await keyFor(passphrase, Buffer.from(salt, "base64"));
    if (decrypt(key, verification.join(":")) !== verificationText) throw new WrongPassphrase(where);
    return new PassphraseCipher(key, saltLine);
  }

  readonly encode = (secret: Secret, plaintext: () => string): string => {
    const known = this.known.get(secret);
    if (known !== undefined) return known;
    const ciphertext = encrypt(this.key, plaintext());
    this.known.set(secret, ciphertext);
    return ciphertext;
  };

  readonly decode = (ciphertext: string): string => {
    const plaintext = decrypt(this.key, ciphertext);
    if (plaintext === undefined) throw new UnreadableState("a secret in the state cannot be decrypted: it was altered");
    return plaintext;
  };
}

function keyId(passphrase: string, salt: Buffer): string {
  return `${salt.toString("base64")}\0${passphrase}`;
}

function keyFor(passphrase: string, salt: Buffer): Promise<Buffer> {
  const id = keyId(passphrase, salt);
  const known = keys.get(id);
  if (known !== undefined) return known;
  const key = deriveKey(passphrase, salt, iterations, keyLength, "sha256");
  keys.set(id, key);
  return key;
}

function encrypt(key: Buffer, plaintext: string): string {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const sealed = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `v1:${nonce.toString("base64")}:${sealed.toString("base64")}`;
}

/** Undefined when the key is not the one it was encrypted with, or when it was altered. */
function decrypt(key: Buffer, text: string): string | undefined {
  const [version, nonce, sealedText] = text.split(":");
  if (version !== "v1" || nonce === undefined || sealedText === undefined) return undefined;
  const sealed = Buffer.from(sealedText, "base64");
  const nonceBytes = Buffer.from(nonce, "base64");
  if (nonceBytes.length !== nonceLength || sealed.length < tagLength) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", key, nonceBytes, { authTagLength: tagLength });
  decipher.setAuthTag(sealed.subarray(sealed.length - tagLength));
  try {
    const opened = decipher.update(sealed.subarray(0, sealed.length - tagLength));
    return Buffer.concat([opened, decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}
