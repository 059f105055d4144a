import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSecrets, SecretsFileError } from "../../../programs/host/secrets/secrets-file";

const canary = "canary-4f1c";
let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "secrets-file-"));
  file = join(directory, "secrets.env");
});

afterEach(() => rmSync(directory, { recursive: true }));

function write(text: string, mode = 0o600): void {
  writeFileSync(file, text);
  chmodSync(file, mode);
}

describe("the secrets file", () => {
  it("gives Litestream the store's credentials and nothing else", () => {
    write(
      `# identity of this host\nAZURE_CLIENT_ID=id\nAZURE_CLIENT_SECRET=${canary}=\nAZURE_TENANT_ID=tenant\n\nCLOUDFLARE_API_TOKEN=token\n`,
    );
    const secrets = readSecrets(file);
    expect(secrets.storeEnvironment()).toEqual({
      AZURE_CLIENT_ID: "id",
      AZURE_CLIENT_SECRET: `${canary}=`,
      AZURE_TENANT_ID: "tenant",
    });
    expect(secrets.required("CLOUDFLARE_API_TOKEN")).toBe("token");
    expect(() => secrets.required("OTHER")).toThrow("no line OTHER=");
  });

  it.each([0o640, 0o604, 0o666])("is refused when others may read it: %o", (mode) => {
    write(`AZURE_CLIENT_SECRET=${canary}\n`, mode);
    expect(() => readSecrets(file)).toThrow(/expected 0600/);
  });

  it("shows no value in an error, a log or a document", () => {
    write(`AZURE_CLIENT_SECRET=${canary}\nexport X=${canary}\n${canary}\n`);
    const said = String(attempt());
    expect(said).toContain("line 2, line 3");
    expect(said).not.toContain(canary);
    write(`AZURE_CLIENT_SECRET=${canary}\n`);
    const secrets = readSecrets(file);
    expect(
      `${inspect(secrets, { depth: 9, showHidden: true })}${JSON.stringify({ secrets })}${String(secrets)}`,
    ).not.toContain(canary);
  });

  it("that was rotated opens the store in another way", () => {
    write("AZURE_CLIENT_SECRET=1\n");
    const before = readSecrets(file);
    write("AZURE_CLIENT_SECRET=1\nCLOUDFLARE_API_TOKEN=new\n");
    expect(before.opensLike(readSecrets(file))).toBe(true);
    write("AZURE_CLIENT_SECRET=2\n");
    expect(before.opensLike(readSecrets(file))).toBe(false);
  });

  it("that is not there says how to get one", () => {
    expect(attempt).toThrow(/ENOENT.*bootstrap-secrets/);
  });
});

function attempt(): unknown {
  try {
    return readSecrets(file);
  } catch (error) {
    if (error instanceof SecretsFileError && error.message.includes("ENOENT")) throw error;
    return error;
  }
}
