export interface BlowfishState {
  /** 18 words. */
  readonly subkeys: Uint32Array;
  /** Four boxes of 256 words, one after the other. */
  readonly boxes: Uint32Array;
}

const subkeyCount = 18;
const wordCount = subkeyCount + 4 * 256;

let piWords: Uint32Array | undefined;

/** Blowfish before any key: its tables are the binary digits of pi after the point. */
export function initialBlowfishState(): BlowfishState {
  piWords ??= fractionOfPi(wordCount);
  return { subkeys: piWords.slice(0, subkeyCount), boxes: piWords.slice(subkeyCount) };
}

/** The first words of the fraction of pi, by Machin's formula: 16 arctan(1/5) − 4 arctan(1/239). */
function fractionOfPi(count: number): Uint32Array {
  const guardBits = 64n;
  const bits = 32n * BigInt(count) + guardBits;
  const one = 1n << bits;
  const pi = 16n * arctangentOfInverse(5n, one) - 4n * arctangentOfInverse(239n, one);
  const digits = ((pi - 3n * one) >> guardBits).toString(16).padStart(8 * count, "0");
  return Uint32Array.from({ length: count }, (_, index) => Number.parseInt(digits.slice(8 * index, 8 * index + 8), 16));
}

/** arctan(1/x) times `one`. */
function arctangentOfInverse(x: bigint, one: bigint): bigint {
  let power = one / x;
  let sum = power;
  for (let divisor = 3n, sign = -1n; power !== 0n; divisor += 2n, sign = -sign) {
    power /= x * x;
    sum += (sign * power) / divisor;
  }
  return sum;
}
