import { createHash } from "node:crypto";

/** Random-looking values that depend on the seed alone, so that the same program makes the same world on every machine. */
export class RepeatableRandom {
  private drawn = 0;

  constructor(private readonly seed: string | Uint8Array) {}

  /** Hexadecimal digits. */
  hex(length: number): string {
    let digits = "";
    while (digits.length < length) digits += this.next();
    return digits.slice(0, length);
  }

  /** A version 4 GUID. */
  guid(): string {
    const digits = this.hex(32);
    const variant = "89ab".charAt(Number.parseInt(digits.charAt(16), 16) % 4);
    return [
      digits.slice(0, 8),
      digits.slice(8, 12),
      `4${digits.slice(13, 16)}`,
      `${variant}${digits.slice(17, 20)}`,
      digits.slice(20),
    ].join("-");
  }

  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Number.parseInt(this.hex(12), 16) % limit;
  }

  /** Characters of an alphabet. */
  text(length: number, alphabet: string): string {
    return Array.from({ length }, () => alphabet.charAt(this.below(alphabet.length))).join("");
  }

  private next(): string {
    this.drawn += 1;
    return createHash("sha256").update(this.seed).update(`#${this.drawn}`).digest("hex");
  }
}
