import { createHash } from "node:crypto";

/** The namespace of this program's names: a constant chosen once. Changing it would replace every role assignment. */
const namespace = Buffer.from("7c0cf3b0a3f64d0f9c6c1e0d8f5b2a41", "hex");

/** A UUID of version 5 (RFC 9562 §5.5): the same text always gives the same UUID. */
export function uuidV5(text: string): string {
  const bytes = createHash("sha1").update(namespace).update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
