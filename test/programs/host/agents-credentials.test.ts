import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeReplication } from "../../../programs/host/agents/replicate/replication-file";
import { storeAccess } from "../../../programs/host/agents/store-connection";
import { ago, HealthyHost, now, texts } from "./healthy-host";

describe("what credentials may do in the store", () => {
  let server: Server;
  let asked: string[];
  /** By the request, what the store answers: 412 when the condition alone keeps it from writing. */
  let answer: (request: string) => readonly [status: number, code: string];

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://x");
      const what = searchParams.get("comp") === "list" ? "list" : request.method;
      const text = `${what} ${pathname.slice("/account/".length)}`;
      asked.push(request.method === "PUT" ? `${text} ${request.headers["if-match"]}` : text);
      const [status, code] = answer(text);
      response.writeHead(status, { "x-ms-error-code": code, "content-type": "application/xml" });
      const list = `<EnumerationResults ServiceEndpoint="x" ContainerName="y"><Blobs/><NextMarker/></EnumerationResults>`;
      response.end(`<?xml version="1.0"?>${status === 200 ? list : `<Error><Code>${code}</Code></Error>`}`);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  function access(client = atServer()): ReturnType<typeof storeAccess> {
    return storeAccess(client.getContainerClient("replicas"), client.getContainerClient("failover"));
  }

  function atServer(): BlobServiceClient {
    const address = server.address();
    const port = typeof address === "object" ? address?.port : "";
    const credential = new StorageSharedKeyCredential("account", "a2V5");
    return new BlobServiceClient(`http://127.0.0.1:${port}/account`, credential, { retryOptions: { maxTries: 1 } });
  }

  const fine = (request: string) =>
    request.startsWith("list") ? ([200, ""] as const) : ([412, "ConditionNotMet"] as const);

  it("is enough when they list and write, which is tried without writing", async () => {
    answer = fine;
    expect(await access()).toEqual({ kind: "granted" });
    expect(asked.sort()).toEqual([
      'PUT failover/access-check "0x0"',
      'PUT replicas/access-check "0x0"',
      "list replicas",
    ]);
  });

  it.each(["list replicas", "PUT replicas/access-check", "PUT failover/access-check"])(
    "is too little when the store refuses: %s",
    async (refused) => {
      answer = (request) => (request === refused ? [403, "AuthorizationPermissionMismatch"] : fine(request));
      expect(await access()).toEqual({ kind: "refused", why: "403 AuthorizationPermissionMismatch" });
    },
  );

  it("is not known while the store does not answer", async () => {
    answer = () => [503, "ServerBusy"];
    expect(await access()).toEqual({ kind: "unknown", why: "503 ServerBusy" });
  });

  it.each([
    ["invalid_client: 7000215 - [2026-11-21]: AADSTS7000215: Invalid client secret provided.", "refused"],
    ["unauthorized_client: 700016 - [2026-11-21]: AADSTS700016: Application was not found.", "refused"],
    ["network_error: Network request failed", "unknown"],
    ["temporarily_unavailable: AADSTS90033: A transient error has occurred.", "unknown"],
  ] as const)("is what the issuer of tokens says: %s", async (message, kind) => {
    const credential = { getToken: () => Promise.reject(new Error(message)) };
    const client = new BlobServiceClient("https://127.0.0.1:1/account", credential, { retryOptions: { maxTries: 1 } });
    expect(await access(client)).toEqual({ kind, why: message });
  });
});

describe("a host's health", () => {
  const problem = "new credentials in etc/secrets.env do not open the store (403); those from before are used";
  let host: HealthyHost;
  beforeEach(() => {
    host = new HealthyHost();
  });
  afterEach(() => host.remove());

  it("says which credentials are not used, of the role that it has", async () => {
    writeReplication(host.root, "p0-critical", { agent: process.pid, role: "primary", term: 3, problem });
    expect(texts(await host.status())).toEqual([`degraded: ${problem}`]);
    host.role({ role: "standby", term: 3, since: now(), confirmedAt: now() });
    const databases = { tasks: { state: "following", txid: "0000000000000009", lagSeconds: 1 } };
    host.state("followers.json", { term: 3, path: "p", at: ago(1), databases });
    expect(texts(await host.status())).toEqual([]);
    host.state("followers.json", { term: 3, path: "p", at: ago(1), problem: "1 of 59 followers", databases });
    expect(texts(await host.status())).toEqual(["degraded: 1 of 59 followers"]);
  });
});
