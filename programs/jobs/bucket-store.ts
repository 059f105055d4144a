// A bucket that speaks the S3 API, with a key. Requests are signed as "Signature Version 4" of AWS asks.
import { createHash, createHmac } from "node:crypto";

/** Who signs, and for which part of the service. */
export interface SigningKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** R2 has one, `auto`. */
  readonly region: string;
}

/** What of a request is signed: everything but its body. */
export interface SignedRequest {
  readonly method: string;
  readonly url: URL;
  readonly at: Date;
  /** The hex digest of the body. Default: the body is not signed; HTTPS keeps it from being changed. */
  readonly bodySha256?: string;
}

/**
 * The headers that sign a request.
 *
 * Source: AWS, "Authenticating requests: using the authorization header (Signature Version 4)", whose example the tests check.
 */
export function signedHeaders(
  key: SigningKey,
  { method, url, at, bodySha256 = "UNSIGNED-PAYLOAD" }: SignedRequest,
): Readonly<Record<string, string>> {
  const time = at.toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${time.slice(0, 8)}/${key.region}/s3/aws4_request`;
  const query = [...url.searchParams].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort();
  const signed = "host;x-amz-content-sha256;x-amz-date";
  const request = [
    method,
    url.pathname,
    query.join("&"),
    `host:${url.host}`,
    `x-amz-content-sha256:${bodySha256}`,
    `x-amz-date:${time}`,
    "",
    signed,
    bodySha256,
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", time, scope, createHash("sha256").update(request).digest("hex")].join("\n");
  const secret = scope
    .split("/")
    .reduce<Buffer | string>((keyed, part) => hmac(keyed, part), `AWS4${key.secretAccessKey}`);
  const signature = createHmac("sha256", secret).update(text).digest("hex");
  return {
    "x-amz-content-sha256": bodySha256,
    "x-amz-date": time,
    authorization: `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
  };
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
