import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { shippedProgram } from "../../../programs/bundle";
import { PairModel } from "./pair-model";
import { type PairServers, servePair } from "./pair-servers";
import { pairSettings } from "./pair-settings";

const canary = "canary-cloudflare-token-5f1e";
const accountKey = Buffer.from("canary-account-key").toString("base64");

let root: string;
let model: PairModel;
let servers: PairServers;

/** An empty directory with the bundle, settings and secrets in it, as on a host. */
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "r2-failover-"));
  for (const directory of ["lib", "etc"]) mkdirSync(join(root, directory));
  copyFileSync(shippedProgram("programs/host/main.ts").file, join(root, "lib", "host.mjs"));
  model = new PairModel(pairSettings({ root }));
  servers = await servePair(model, canary);
  const { storePort, cloudflarePort, healthPorts } = servers;
  const settings = pairSettings({ root });
  const served = pairSettings({
    root,
    hosts: settings.hosts.map((host) => ({
      ...host,
      healthUrl: `http://127.0.0.1:${host.name === "anvil" ? healthPorts.anvil : healthPorts.forge}/health`,
    })),
    store: { ...settings.store, endpoint: `http://127.0.0.1:${storePort}/devstoreaccount1` },
    failoverName: { ...settings.failoverName, api: `http://127.0.0.1:${cloudflarePort}/client/v4` },
  });
  writeFileSync(join(root, "etc", "host.json"), JSON.stringify(served));
  const secrets = `LITESTREAM_AZURE_ACCOUNT_KEY=${accountKey}\nCLOUDFLARE_API_TOKEN=${canary}\n`;
  writeFileSync(join(root, "etc", "secrets.env"), secrets, { mode: 0o600 });
});

afterEach(async () => {
  await servers.close();
  rmSync(root, { recursive: true, force: true });
});

interface Ended {
  readonly exitCode: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function program(...args: readonly string[]): Promise<Ended> {
  const file = join(root, "lib", "host.mjs");
  return new Promise((resolve) => {
    // No environment, no node_modules nearby: what a host has after an installation.
    execFile(process.execPath, [file, ...args], { cwd: root, env: {} }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : (error.code ?? -1), stdout, stderr });
    });
  });
}

describe("the failover program, as one file in an empty directory", () => {
  it("fails over, killed on the way and run again; keeps evidence, and no secret in it", async () => {
    model.hosts.anvil.isUp = false;
    const killed = spawn(process.execPath, ["lib/host.mjs", "failover", "--to", "forge", "--yes"], {
      cwd: root,
      env: {},
    });
    killed.stdout.on("data", (chunk: Buffer) => {
      if (String(chunk).includes("done: take the lease")) killed.kill("SIGKILL");
    });
    await once(killed, "exit");
    expect(killed.signalCode).toBe("SIGKILL");
    expect(model.lease).toMatchObject({ term: 2, primary: "forge" });

    const ended = await program("failover", "--to", "forge", "--yes", "--json");
    expect(ended.exitCode, ended.stderr).toBe(0);
    const evidence = JSON.parse(ended.stdout);
    expect(evidence).toMatchObject({
      exitCode: 0,
      after: { name: "100.64.0.2", lease: { term: 2, primary: "forge" } },
    });
    expect(model).toMatchObject({ name: "100.64.0.2", nameSwitches: 1, violations: [] });

    const kept = readdirSync(join(root, "state", "evidence")).map((name) =>
      readFileSync(join(root, "state", "evidence", name), "utf8"),
    );
    expect(kept.map((text) => JSON.parse(text))).toEqual([evidence]);
    expect(servers.tokens).toEqual(new Set([canary]));
    const shown = [ended.stdout, ended.stderr, ...kept].join("\n");
    for (const secret of [canary, accountKey]) expect(shown).not.toContain(secret);

    const status = await program("status", "--json");
    expect(JSON.parse(status.stdout).problems).toEqual([
      `anvil is silent: something else answers at ${hostUrl("anvil")}`,
    ]);
    expect(status.exitCode).toBe(5);
  });

  it("refuses secrets that others can read, bad options and an order that nobody can confirm", async () => {
    const unknown = await program("failover", "--to", "frge", "--primary-is-lost", "--planned");
    expect(unknown).toMatchObject({ exitCode: 2 });
    expect(unknown.stderr).toMatch(/no host "frge"; there are anvil and forge; .*not both/);
    const unconfirmed = await program("failover", "--to", "forge", "--planned");
    expect(unconfirmed).toMatchObject({ exitCode: 2 });
    expect(unconfirmed.stderr).toMatch(/no terminal to ask on.*--yes/);
    writeFileSync(join(root, "etc", "secrets.env"), "", { mode: 0o600 });
    rmSync(join(root, "etc", "secrets.env"));
    writeFileSync(join(root, "etc", "secrets.env"), `CLOUDFLARE_API_TOKEN=${canary}\n`, { mode: 0o644 });
    const open = await program("failover", "--to", "forge", "--yes");
    expect(open.exitCode).toBe(3);
    expect(open.stderr).toMatch(/mode 0644; expected 0600/);
    expect(open.stderr).not.toContain(canary);
    expect(model.etag).toBe(1);
  });
});

function hostUrl(name: string): string {
  const { hosts }: { hosts: { name: string; healthUrl: string }[] } = JSON.parse(
    readFileSync(join(root, "etc", "host.json"), "utf8"),
  );
  return hosts.find((host) => host.name === name)?.healthUrl ?? "";
}
