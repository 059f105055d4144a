import { randomBytes } from "node:crypto";
import { type BlowfishState, initialBlowfishState } from "./blowfish-state";

const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** What bcrypt encrypts 64 times: "OrpheanBeholderScryDoubt". */
const magicText = [0x4f727068, 0x65616e42, 0x65686f6c, 0x64657253, 0x63727944, 0x6f756274];

/**
 * The bcrypt hash of a password (version 2a), as `RandomPassword` gives it.
 *
 * @param cost the logarithm of the number of rounds; the provider uses 10
 */
export function bcryptHash(password: string, cost = 10, salt: Uint8Array = randomBytes(16)): string {
  const key = new Uint8Array([...Buffer.from(password, "utf8").subarray(0, 72), 0]);
  const state = initialBlowfishState();
  const saltWords = words(salt, 4);
  expandKey(state, words(key, 18), saltWords);
  for (let round = 2 ** cost; round > 0; round -= 1) {
    expandKey(state, words(key, 18), [0, 0, 0, 0]);
    expandKey(state, words(salt, 18), [0, 0, 0, 0]);
  }
  const digest = encryptedMagic(state);
  return `$2a$${String(cost).padStart(2, "0")}$${base64(salt)}${base64(digest.subarray(0, 23))}`;
}

/** Big-endian 32-bit words of the bytes, which are repeated as often as needed. */
function words(bytes: Uint8Array, count: number): number[] {
  let position = 0;
  return Array.from({ length: count }, () => {
    let word = 0;
    for (let index = 0; index < 4; index += 1) {
      word = (word << 8) | (bytes[position % bytes.length] ?? 0);
      position += 1;
    }
    return word >>> 0;
  });
}

function expandKey(state: BlowfishState, key: readonly number[], salt: readonly number[]): void {
  const { subkeys, boxes } = state;
  for (let index = 0; index < subkeys.length; index += 1) subkeys[index] = (subkeys[index] ?? 0) ^ (key[index] ?? 0);
  const block = new Uint32Array(2);
  let position = 0;
  for (const table of [subkeys, boxes]) {
    for (let index = 0; index < table.length; index += 2) {
      block[0] = (block[0] ?? 0) ^ (salt[position % 4] ?? 0);
      block[1] = (block[1] ?? 0) ^ (salt[(position + 1) % 4] ?? 0);
      position += 2;
      encipher(state, block);
      table[index] = block[0] ?? 0;
      table[index + 1] = block[1] ?? 0;
    }
  }
}

/** Encrypts one block of two words in place. */
function encipher({ subkeys, boxes }: BlowfishState, block: Uint32Array): void {
  let left = block[0] ?? 0;
  let right = block[1] ?? 0;
  for (let round = 0; round < 16; round += 1) {
    left ^= subkeys[round] ?? 0;
    const a = boxes[left >>> 24] ?? 0;
    const b = boxes[256 + ((left >>> 16) & 0xff)] ?? 0;
    const c = boxes[512 + ((left >>> 8) & 0xff)] ?? 0;
    const d = boxes[768 + (left & 0xff)] ?? 0;
    right ^= (((a + b) ^ c) + d) | 0;
    [left, right] = [right, left];
  }
  block[0] = right ^ (subkeys[17] ?? 0);
  block[1] = left ^ (subkeys[16] ?? 0);
}

function encryptedMagic(state: BlowfishState): Uint8Array {
  const digest = new DataView(new ArrayBuffer(24));
  for (let pair = 0; pair < 3; pair += 1) {
    const block = Uint32Array.from(magicText.slice(2 * pair, 2 * pair + 2));
    for (let round = 0; round < 64; round += 1) encipher(state, block);
    digest.setUint32(8 * pair, block[0] ?? 0);
    digest.setUint32(8 * pair + 4, block[1] ?? 0);
  }
  return new Uint8Array(digest.buffer);
}

/** bcrypt's own base 64: another alphabet, no padding. */
function base64(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.match(/.{1,6}/g) ?? [];
  return groups.map((group) => alphabet.charAt(Number.parseInt(group.padEnd(6, "0"), 2))).join("");
}
