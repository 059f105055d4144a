import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { executableOnPath } from "../../../operations/programs/external-program";
import { readSecrets } from "../../../programs/host/secrets/secrets-file";
import { InstalledHost } from "./installed-host";

const dash = executableOnPath("dash");
const canary = "canary+secret=/&%~7f3a";
const values = ["tenant-1", "client-1", canary, "dns-token-1"];
const script = (host: InstalledHost) => join(host.root, "bin", "bootstrap-secrets");
const secretsFile = "system/etc/secrets.env";

let host: InstalledHost;
let server: Server;
/** What was asked, and with what. */
let asked: { path: string; authorization: string | undefined; body: string }[] = [];

beforeEach(async () => {
  asked = [];
  server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    asked.push({ path: request.url ?? "", authorization: request.headers.authorization, body });
    const answer = request.url?.endsWith("/token")
      ? { access_token: "token-1" }
      : { value: `new-${request.url?.split("/")[2]?.split("?")[0]}` };
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  host = new InstalledHost(`http://127.0.0.1:${port}`, `http://127.0.0.1:${port}/`);
  host.install(await host.receive());
});
afterEach(() => {
  server.close();
  host.remove();
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

describe("bootstrap-secrets", () => {
  it("writes what it is told to a file that nobody else can read, and says nothing of it", () => {
    const { status, output } = host.run(script(host), ["--from", "prompt"], `${values.join("\n")}\n`);
    expect(status).toBe(0);
    expect(output).not.toContain(canary);
    expect(statSync(join(host.home, secretsFile)).mode & 0o777).toBe(0o600);
    expect(host.read(secretsFile)).toContain(`AZURE_CLIENT_SECRET=${canary}\n`);
    expect(host.run(script(host), ["--check"]).output).toContain("complete and private");
  });

  it("keeps the old file when a value is missing", () => {
    host.run(script(host), ["--from", "prompt"], `${values.join("\n")}\n`);
    const before = host.read(secretsFile);
    const { status, output } = host.run(script(host), ["--from", "prompt"], "tenant-2\nclient-2\n");
    expect([status, output]).toEqual([1, expect.stringContaining("AZURE_CLIENT_SECRET is empty; nothing was changed")]);
    expect(host.read(secretsFile)).toBe(before);
  });

  it("reads this host's own items with this host's own Bitwarden session", () => {
    host.write("tools/bw", '#!/bin/sh\n[ "$BW_SESSION" = session-1 ] && printf "from-%s" "$3"\n');
    host.makeExecutable("tools/bw");
    const path = `${join(host.home, "tools")}:${process.env.PATH}`;
    expect(host.run(script(host), ["--from", "bitwarden"], "", { PATH: path }).output).toContain("log in to Bitwarden");
    host.write(".bw-session", "session-1\n");
    expect(host.run(script(host), ["--from", "bitwarden"], "", { PATH: path }).output).toContain("expected 600");
    host.makePrivate(".bw-session");
    expect(host.run(script(host), ["--from", "bitwarden"], "", { PATH: path }).status).toBe(0);
    expect(host.read(secretsFile).split("\n").slice(1, 4)).toEqual([
      "AZURE_CLIENT_ID=from-host-forge-client-id",
      "AZURE_CLIENT_SECRET=from-host-forge-client-secret",
      "CLOUDFLARE_API_TOKEN=from-failover-dns-token",
    ]);
  });

  it("rotates from the vault as the identity it has, with no secret in an argument", async () => {
    host.run(script(host), ["--from", "prompt"], `${values.join("\n")}\n`);
    host.recordArguments("curl");
    const { status, output } = await host.runBeside(script(host), ["--from", "key-vault"]);
    expect([status, output]).toEqual([0, expect.stringContaining("secrets written")]);
    const [login, ...secrets] = asked;
    expect(new URLSearchParams(login?.body).get("client_secret")).toBe(canary);
    expect(login?.path).toBe("/tenant-1/oauth2/v2.0/token");
    expect(secrets.map(({ authorization }) => authorization)).toEqual(Array(2).fill("Bearer token-1"));
    expect(host.read(secretsFile)).toContain("AZURE_CLIENT_SECRET=new-host-forge-client-secret\n");
    const passed = readFileSync(join(host.home, "arguments"), "utf8");
    expect(passed).toContain("--config");
    expect(passed).not.toMatch(/canary|token-1/);
  });

  it("writes what the agents read", () => {
    host.run(script(host), ["--from", "prompt"], `${values.join("\n")}\n`);
    expect(readSecrets(join(host.home, secretsFile)).required("AZURE_CLIENT_SECRET")).toBe(canary);
  });

  it.skipIf(dash === undefined).each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "leaves nothing behind under dash when %s interrupts it",
    async (signal) => {
      const temporary = join(host.home, "temporary");
      mkdirSync(temporary);
      const files = () => readdirSync(join(host.home, "system/etc"));
      const before = files();
      const environment = { ...process.env, TMPDIR: temporary };
      const child = spawn(dash ?? "", [script(host), "--from", "prompt"], {
        env: environment,
        stdio: ["pipe", "ignore", "pipe"],
      });
      child.stdin.write(`tenant-1\nclient-1\n${canary}\n`);
      // The question for the last value: the secret before it is in the draft.
      await expect.poll(() => files().join()).toContain("secrets.env.new");
      await expect.poll(() => host.read(`${secretsFile}.new`), { timeout: 5000 }).toContain(canary);
      child.kill(signal);
      const [code, ended] = await once(child, "exit");
      expect([code, ended]).toEqual([null, signal]);
      expect([files(), readdirSync(temporary)]).toEqual([before, []]);
    },
  );

  it("explains itself, and refuses anything else", () => {
    expect(host.run(script(host), ["--help"]).output).toContain("--from bitwarden");
    expect(host.run(script(host), ["--from", "argument", canary]).status).toBe(2);
  });
});
