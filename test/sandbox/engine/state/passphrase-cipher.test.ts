import { createDecipheriv, pbkdf2Sync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UnreadableState, WrongPassphrase } from "../../../../deployment/state-errors";
import { reveal, Secret } from "../../../../deployment/values/property-value";
import { parseDeploymentDocument } from "../../../../sandbox/engine/state/deployment-document";
import { defaultPassphrase, PassphraseCipher } from "../../../../sandbox/engine/state/passphrase-cipher";
import { decodeState } from "../../../../sandbox/engine/state/state-store";

const recorded = join(__dirname, "../../../fixtures/real-engine/recordings/02-create/state.json");
const document = parseDeploymentDocument(readFileSync(recorded, "utf8"), recorded);
const salt = document.deployment.secrets_providers?.state?.salt ?? "";

describe("the passphrase cipher", () => {
  it("opens a state that the real engine wrote", async () => {
    const cipher = await PassphraseCipher.open("conformance", salt, recorded);
    const { resources } = decodeState(document, cipher, recorded);
    const stack = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
    expect(stack?.outputs.owner).toBeInstanceOf(Secret);
    expect(reveal(stack?.outputs.owner ?? null)).toBe("canary-output-value");
    const account = resources.find(({ type }) => type === "azure-native:storage:StorageAccount");
    expect(reveal(account?.inputs.tags ?? null)).toMatchObject({ Owner: "canary-secret-value", Team: "platform" });
  });

  it("says that a passphrase is wrong, and not what it is", async () => {
    const opening = PassphraseCipher.open("guessed-passphrase", salt, "dev.json");
    await expect(opening).rejects.toThrow(WrongPassphrase);
    await expect(opening).rejects.toThrow(/dev\.json: incorrect passphrase/);
    await expect(opening).rejects.not.toThrow(/guessed-passphrase/);
  });

  it("reads back what it wrote, in Pulumi's format", async () => {
    const written = await PassphraseCipher.create("one");
    expect(written.saltLine).toMatch(/^v1:[A-Za-z0-9+/]{11}=:v1:[A-Za-z0-9+/]{16}:[A-Za-z0-9+/]+=*$/);
    const ciphertext = written.encode(new Secret("canary"), () => '"canary"');
    expect(ciphertext).toMatch(/^v1:[A-Za-z0-9+/]{16}:[A-Za-z0-9+/]+=*$/);
    const read = await PassphraseCipher.open("one", written.saltLine, "dev.json");
    expect(read.decode(ciphertext)).toBe('"canary"');
  });

  it("keeps the ciphertext of a value that stays, and makes a new one for a new value", async () => {
    const cipher = await PassphraseCipher.create("one");
    const secret = new Secret("canary");
    expect(cipher.encode(secret, () => '"canary"')).toBe(cipher.encode(secret, () => '"canary"'));
    expect(cipher.encode(new Secret("canary"), () => '"canary"')).not.toBe(cipher.encode(secret, () => '"canary"'));
  });

  it("refuses a secret that was altered", async () => {
    const cipher = await PassphraseCipher.create("one");
    const [version, nonce, sealed = ""] = cipher.encode(new Secret("canary"), () => '"canary"').split(":");
    const altered = Buffer.from(sealed, "base64");
    altered.writeUInt8(altered.readUInt8(0) ^ 1, 0);
    expect(() => cipher.decode([version, nonce, altered.toString("base64")].join(":"))).toThrow(UnreadableState);
  });

  it("encrypts with the default passphrase as Pulumi would, without deriving the key each time", async () => {
    const { saltLine } = await PassphraseCipher.create(defaultPassphrase);
    const [, salt = "", , nonce = "", sealedText = ""] = saltLine.split(":");
    const key = pbkdf2Sync(defaultPassphrase, Buffer.from(salt, "base64"), 1_000_000, 32, "sha256");
    const sealed = Buffer.from(sealedText, "base64");
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
    decipher.setAuthTag(sealed.subarray(-16));
    const text = decipher.update(sealed.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
    expect(text).toBe("pulumi");
  });

  it("refuses a salt in another format", async () => {
    await expect(PassphraseCipher.open("one", "v2:abc", "dev.json")).rejects.toThrow(/dev\.json: .*v1 format/);
  });
});
