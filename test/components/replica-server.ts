import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What the store was asked to copy from where, and as whom. */
export interface Copy {
  readonly from: string;
  readonly authorization: string | undefined;
}

interface Answered {
  readonly status: number;
  readonly body?: Buffer | string;
  /** Azure's word for what is wrong. */
  readonly code?: string;
}

interface StoredBlob {
  readonly body: Buffer;
  readonly writtenAt: Date;
  /** Litestream's own time, in the blob's metadata. */
  readonly litestreamTime?: string | undefined;
}

/** A blob service with containers in memory, as jobs see it that have an identity: lists, reads, writes once, copies within itself. */
export class ReplicaServer {
  readonly blobs = new Map<string, StoredBlob>();
  readonly copies: Copy[] = [];
  /** What Azure says of a PostgreSQL server's backups. */
  serverBackups: readonly { readonly properties: { readonly completedTime: string } }[] = [];
  /** The account's firewall keeps the service from its own source. */
  copyIsForbidden = false;
  /** Blobs that begin so are in no list: another run writes them after the list was made. */
  unlisted: string | undefined;
  /** Why a blob that is there is not written. */
  conflict = "BlobAlreadyExists";
  #server = createServer();

  private constructor(readonly pageSize: number) {}

  static async start(pageSize = 3): Promise<ReplicaServer> {
    const server = new ReplicaServer(pageSize);
    server.#server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        );
        const url = new URL(request.url ?? "/", "http://localhost");
        const { status, body, code } = server.answer(request.method ?? "", url, headers, Buffer.concat(chunks));
        const told = code === undefined ? {} : { "x-ms-error-code": code };
        response.writeHead(status, { "content-length": Buffer.byteLength(body ?? ""), ...told }).end(body);
      });
    });
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get env(): Record<string, string> {
    return {
      CONTAINER_URL: `${this.url}/replicas`,
      COPIES_URL: `${this.url}/copies`,
      LEASE_URL: `${this.url}/failover/lease.json`,
      IDENTITY_ENDPOINT: `${this.url}/identity`,
      IDENTITY_HEADER: "header",
      AZURE_CLIENT_ID: "job-identity",
    };
  }

  put(name: string, body: Buffer | string, writtenAt = new Date(), litestreamTime?: string): void {
    this.blobs.set(name, { body: Buffer.from(body), writtenAt, litestreamTime });
  }

  names(prefix: string): string[] {
    return [...this.blobs.keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  private answer(method: string, url: URL, headers: Readonly<Record<string, string>>, body: Buffer): Answered {
    if (url.pathname === "/identity") return { status: 200, body: JSON.stringify({ access_token: "storage-token" }) };
    if (headers.authorization !== "Bearer storage-token") return { status: 401 };
    const name = decodeURIComponent(url.pathname.slice(1));
    if (name.endsWith("/backups")) return { status: 200, body: JSON.stringify({ value: this.serverBackups }) };
    if (url.searchParams.get("comp") === "list") return { status: 200, body: this.page(name, url.searchParams) };
    if (method === "GET") {
      const blob = this.blobs.get(name);
      return blob === undefined ? { status: 404 } : { status: 200, body: blob.body };
    }
    const from = headers["x-ms-copy-source"];
    if (from !== undefined && this.copyIsForbidden) return { status: 403 };
    if (this.blobs.has(name)) return { status: 409, code: this.conflict };
    const time = headers["x-ms-meta-litestreamtimestamp"];
    if (from === undefined) {
      this.put(name, body, undefined, time);
      return { status: 201 };
    }
    this.copies.push({ from, authorization: headers["x-ms-copy-source-authorization"] });
    const source = this.blobs.get(decodeURIComponent(new URL(from).pathname.slice(1)));
    if (source === undefined) return { status: 404 };
    this.put(name, source.body, undefined, time);
    return { status: 201 };
  }

  private page(container: string, query: URLSearchParams): string {
    const { unlisted } = this;
    const all = this.names(`${container}/${query.get("prefix")}`).filter(
      (name) => unlisted === undefined || !name.startsWith(unlisted),
    );
    const start = Number(query.get("marker") ?? 0);
    const blobs = all.slice(start, start + this.pageSize).map((name) => {
      const blob = this.blobs.get(name);
      const metadata =
        blob?.litestreamTime === undefined || query.get("include") !== "metadata"
          ? "<Metadata/>"
          : `<Metadata><litestreamtimestamp>${blob.litestreamTime}</litestreamtimestamp></Metadata>`;
      const properties = `<Properties><Last-Modified>${blob?.writtenAt.toUTCString()}</Last-Modified></Properties>`;
      return `<Blob><Name>${name.slice(container.length + 1)}</Name>${properties}${metadata}</Blob>`;
    });
    const next = start + this.pageSize < all.length ? start + this.pageSize : "";
    return `<EnumerationResults><Blobs>${blobs.join("")}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`;
  }
}
