import { z } from "zod";
import { askAgain, isTemporaryStatus } from "../../../lib/retry";
import type { FailoverNameSettings } from "../host-settings";
import { causeOf } from "./host-answer";

/** Where the failover name points. */
export type NameReading =
  | { readonly kind: "read"; readonly address: string; readonly ttlSeconds: number }
  | { readonly kind: "unreadable"; readonly why: string };

/** The DNS record behind the failover name. */
export interface NameRecord {
  read(): Promise<NameReading>;
  /** Points the name at the address. Undefined when it is done, otherwise why not. */
  point(address: string): Promise<string | undefined>;
}

const answerSchema = z.looseObject({
  success: z.boolean(),
  errors: z.array(z.looseObject({ code: z.number(), message: z.string() })).default([]),
  result: z.looseObject({ name: z.string(), type: z.string(), content: z.string(), ttl: z.number() }).nullish(),
});

const timeoutMs = 10_000;
const tries = 3;

/** The record at Cloudflare, by its API: two calls, made with `fetch` because the official client would be most of the bundle. */
export class CloudflareNameRecord implements NameRecord {
  /** @param token an API token that may edit the zone's records. Undefined: the record cannot be read. */
  constructor(
    private readonly name: FailoverNameSettings,
    private readonly token: string | undefined,
    private readonly signal: AbortSignal,
  ) {}

  async read(): Promise<NameReading> {
    const answer = await this.call("GET");
    if (typeof answer === "string") return { kind: "unreadable", why: answer };
    return { kind: "read", address: answer.content, ttlSeconds: answer.ttl };
  }

  async point(address: string): Promise<string | undefined> {
    const answer = await this.call("PATCH", { content: address });
    if (typeof answer === "string") return answer;
    return answer.content === address ? undefined : `the record holds ${answer.content} after it was set to ${address}`;
  }

  private async call(method: "GET" | "PATCH", body?: object) {
    if (this.token === undefined) return "etc/secrets.env has no line CLOUDFLARE_API_TOKEN=; run bin/bootstrap-secrets";
    const { token } = this;
    const ask = () => this.callOnce(token, method, body);
    const answer = await askAgain(ask, { tries, firstWaitMs: 0, signal: this.signal }, ({ kind }) => kind !== "later");
    return answer.kind === "record" ? answer.record : answer.why;
  }

  private async callOnce(token: string, method: string, body: object | undefined): Promise<Answer> {
    const { api, zoneId, recordId, hostname } = this.name;
    try {
      const response = await fetch(`${api}/zones/${zoneId}/dns_records/${recordId}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), this.signal]),
        redirect: "error",
      });
      const kind = isTemporaryStatus(response.status) ? "later" : "refused";
      const { success, data } = answerSchema.safeParse(await response.json().catch(() => undefined));
      if (!success) return { kind, why: `Cloudflare answers ${response.status}` };
      const { result, errors } = data;
      if (!data.success || !result) {
        return {
          kind,
          why: `Cloudflare answers ${response.status}: ${errors.map(({ message }) => message).join("; ")}`,
        };
      }
      if (result.name !== hostname || result.type !== "A") {
        return { kind: "refused", why: `record ${recordId} is ${result.type} ${result.name}; expected A ${hostname}` };
      }
      return { kind: "record", record: { content: result.content, ttl: result.ttl } };
    } catch (error) {
      return { kind: "later", why: `Cloudflare does not answer: ${causeOf(error)}` };
    }
  }
}

type Answer =
  | { readonly kind: "record"; readonly record: { readonly content: string; readonly ttl: number } }
  | { readonly kind: "later" | "refused"; readonly why: string };
