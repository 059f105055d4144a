import type { IncomingMessage } from "node:http";
import { bodyOf, LocalServer } from "./local-server";

/** The record that a failover switches, as Cloudflare's API has it. */
export interface ServedRecord {
  readonly id: string;
  readonly zoneId: string;
  readonly name: string;
  readonly ttl: number;
  content: string;
}

/** A change of the record's content. */
export interface RecordChange {
  readonly at: number;
  readonly content: string;
}

/** Stands in for the part of Cloudflare's API that reads and changes one DNS record, for holders of the token. */
export class DnsRecordServer {
  readonly changes: RecordChange[] = [];
  readonly server: LocalServer;

  constructor(
    readonly record: ServedRecord,
    private readonly token: string,
    address: string,
    port: number,
  ) {
    this.server = new LocalServer(
      async (request, response) => {
        const { status, result } = await this.answer(request);
        const success = status === 200;
        const errors = success ? [] : [{ code: status * 10, message: String(result) }];
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify({ success, errors, messages: [], result: success ? result : null }));
      },
      address,
      port,
    );
  }

  /** Base of the API. */
  get url(): string {
    return `${this.server.url}/client/v4`;
  }

  private async answer(request: IncomingMessage): Promise<{ readonly status: number; readonly result: unknown }> {
    if (request.headers.authorization !== `Bearer ${this.token}`)
      return { status: 403, result: "Authentication error" };
    const { id, zoneId } = this.record;
    const path = new URL(request.url ?? "", this.url).pathname;
    if (path !== `/client/v4/zones/${zoneId}/dns_records/${id}`)
      return { status: 404, result: "Record does not exist." };
    if (request.method === "PATCH" || request.method === "PUT") {
      const change: unknown = JSON.parse(await bodyOf(request));
      if (typeof change === "object" && change !== null && "content" in change) this.change(String(change.content));
    }
    return { status: 200, result: { ...this.record, zone_id: zoneId, type: "A", proxied: false, comment: null } };
  }

  private change(content: string): void {
    if (this.record.content !== content) this.changes.push({ at: Date.now(), content });
    this.record.content = content;
  }
}
