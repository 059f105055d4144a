// Keeps the certificate that an environment shows the edge: Cloudflare's origin authority issues it, and the vault holds it with its key.
import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identityToken } from "./blob-store";
import { listAt, messageOf, runJob, text, textAt, texts } from "./job";

/** How long a certificate is valid, in days: one of those that Cloudflare issues (7, 30, 90, 365 and more). */
const validDays = 90;
/**
 * How many days before its end it is renewed: a month in which every run tries, and each that fails is an alert, and two days more,
 * because the vault calls near what ends within 30 days.
 */
const renewedDays = 32;

const requestTimeoutMs = 60_000;
const dayMs = 86_400_000;

runJob(async () => {
  const hostnames = texts("HOSTNAMES");
  const directory = mkdtempSync(join(tmpdir(), "certificate-"));
  try {
    const held = await heldCertificate(directory);
    const why = reasonToRenew(held, hostnames);
    if (why === undefined) {
      console.log(`the certificate for ${hostnames.join(", ")} is valid until ${held?.validTo}`);
      return;
    }
    console.log(`a new certificate for ${hostnames.join(", ")}: ${why}`);
    const made = await newCertificate(hostnames, directory).catch((error: unknown) => {
      throw new Error(`${messageOf(error)}; the vault keeps what it has: ${why}`);
    });
    await keep(made);
    console.log(`it is valid until ${made.certificate.validTo}; Azure takes it over within 12 hours`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

/** Why the vault's certificate does not do; undefined when it does. */
function reasonToRenew(held: X509Certificate | undefined, hostnames: readonly string[]): string | undefined {
  if (held === undefined) return "it holds no certificate that can be read";
  const missing = hostnames.filter((hostname) => held.checkHost(hostname) === undefined);
  if (missing.length > 0) return `its certificate is not for ${missing.join(", ")}`;
  const days = Math.floor((Date.parse(held.validTo) - Date.now()) / dayMs);
  return days < renewedDays ? `its certificate ${days < 0 ? "has ended" : `ends in ${days} days`}` : undefined;
}

/** The certificate in the vault; undefined where it holds none that can be read, as before the first one was issued. */
async function heldCertificate(directory: string): Promise<X509Certificate | undefined> {
  const value = textAt(await vaultCall("GET"), "value");
  if (value === undefined) return undefined;
  const file = join(directory, "held.pfx");
  writeFileSync(file, Buffer.from(value, "base64"), { mode: 0o600 });
  try {
    return new X509Certificate(openssl("pkcs12", "-in", file, "-clcerts", "-nokeys", "-passin", "pass:"));
  } catch {
    return undefined;
  }
}

interface NewCertificate {
  readonly certificate: X509Certificate;
  /** With its key: PKCS #12 in base64, without a password, as vaults and Container Apps take it. */
  readonly pkcs12: string;
}

/** A certificate of a key that is made here and lies nowhere but in the vault. */
async function newCertificate(hostnames: readonly string[], directory: string): Promise<NewCertificate> {
  const file = (name: string) => join(directory, name);
  const names = `subjectAltName=${hostnames.map((hostname) => `DNS:${hostname}`).join(",")}`;
  const key = ["-newkey", "rsa:2048", "-nodes", "-keyout", file("key.pem")];
  openssl("req", "-new", ...key, "-subj", "/O=origin", "-addext", names, "-out", file("request.pem"));
  const issued = await issue(readFileSync(file("request.pem"), "utf8"), hostnames);
  const certificate = new X509Certificate(issued);
  const stranger = hostnames.find((hostname) => certificate.checkHost(hostname) === undefined);
  if (stranger !== undefined) throw new Error(`Cloudflare's certificate is not for ${stranger}`);
  if (!certificate.checkPrivateKey(createPrivateKey(readFileSync(file("key.pem")))))
    throw new Error("Cloudflare's certificate is not of the key that it was asked for");
  writeFileSync(file("certificate.pem"), issued);
  // As the placeholder in lib/secret-not-set.ts, which Azure reads: what OpenSSL 3 does by itself is newer.
  const encryption = ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1", "-passout", "pass:"];
  const parts = ["-inkey", file("key.pem"), "-in", file("certificate.pem"), "-out", file("new.pfx")];
  openssl("pkcs12", "-export", ...parts, ...encryption);
  return { certificate, pkcs12: readFileSync(file("new.pfx")).toString("base64") };
}

/** Source: Cloudflare API reference, "Create Certificate" of Origin CA. The token needs Zone: SSL and Certificates: Edit. */
async function issue(request: string, hostnames: readonly string[]): Promise<string> {
  const api = process.env.CLOUDFLARE_API ?? "https://api.cloudflare.com/client/v4";
  const response = await fetch(`${api}/certificates`, {
    method: "POST",
    headers: { authorization: `Bearer ${text("CLOUDFLARE_API_TOKEN")}`, "content-type": "application/json" },
    body: JSON.stringify({ csr: request, hostnames, request_type: "origin-rsa", requested_validity: validDays }),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  const answer: unknown = await response.json().catch(() => undefined);
  const certificate = textAt(answer, "result", "certificate");
  if (response.ok && certificate !== undefined) return certificate;
  const reasons = listAt(answer, "errors").map((error) => textAt(error, "message") ?? "no reason");
  throw new Error(`Cloudflare answered ${[`${response.status}`, ...reasons].join(", ")}`);
}

/** Makes it the secret's newest version, of which the vault then says when it ends. */
async function keep({ certificate, pkcs12 }: NewCertificate): Promise<void> {
  const exp = Math.floor(Date.parse(certificate.validTo) / 1000);
  await vaultCall("PUT", { value: pkcs12, contentType: text("CONTENT_TYPE"), attributes: { exp } });
}

/** @returns what the vault answered; undefined when it has no such secret */
async function vaultCall(method: "GET" | "PUT", body?: object): Promise<unknown> {
  const response = await fetch(`${text("SECRET_URL")}?api-version=7.4`, {
    method,
    headers: {
      authorization: `Bearer ${await identityToken("https://vault.azure.net")}`,
      "content-type": "application/json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  if (method === "GET" && response.status === 404) return undefined;
  if (!response.ok) throw new Error(`the vault answered ${response.status} to ${method}`);
  return response.json();
}

/** What OpenSSL, which Node.js has no words of its own for, writes. @throws with what it said */
function openssl(...args: readonly string[]): string {
  return execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
