// Reads Litestream's files (LTX, version 3 with LZ4 blocks) without Litestream: an independent look at what it wrote.
// Source of the format: github.com/superfly/ltx v0.5.2, decoder.go.
import { ftruncateSync, writeSync } from "node:fs";

const headerBytes = 100;
const checksumBytes = 8;
const pageHeaderBytes = 6;
const lz4Block = 1;

/** A file that ends too early. */
export class TruncatedError extends Error {}
/** A file that is not what its writer wrote. */
export class CorruptError extends Error {}

/**
 * Writes the pages of one file into a database, and checks the file's checksum.
 *
 * @param chunks the file's bytes, as they come
 * @param name the file's name, which says what it must hold: `<first>-<last>.ltx`
 * @param database an open file's descriptor
 * @throws {TruncatedError|CorruptError}
 */
export async function applyFile(chunks: AsyncIterable<Uint8Array>, name: string, database: number): Promise<void> {
  const input = new ByteReader(chunks);
  const sum = new Checksum();
  const header = await input.take(headerBytes);
  const { pageSize, pages } = checkHeader(header, name);
  sum.add(header);
  for (;;) {
    const pageHeader = await input.take(pageHeaderBytes);
    sum.add(pageHeader);
    const number = pageHeader.readUInt32BE(0);
    const flags = pageHeader.readUInt16BE(4);
    if (number === 0 && flags === 0) break;
    if (number === 0 || flags !== lz4Block) throw new CorruptError(`unknown kind of page (flags ${flags})`);
    const size = await input.take(4);
    sum.add(size);
    if (size.readUInt32BE(0) > 2 * pageSize + 64) throw new CorruptError(`page ${number} claims an impossible size`);
    const page = unpack(await input.take(size.readUInt32BE(0)), pageSize);
    sum.add(page);
    writeSync(database, page, 0, pageSize, (number - 1) * pageSize);
  }
  const rest = await input.rest();
  if (rest.length < 2 * checksumBytes) throw new TruncatedError("the file ends before its checksum");
  sum.add(rest.subarray(0, -checksumBytes));
  if (!sum.equals(rest.subarray(-checksumBytes))) throw new CorruptError("its checksum does not match");
  ftruncateSync(database, pages * pageSize);
}

function checkHeader(header: Buffer, name: string): { readonly pageSize: number; readonly pages: number } {
  if (header.toString("latin1", 0, 4) !== "LTX1") throw new CorruptError("it does not begin as Litestream's files do");
  const pageSize = header.readUInt32BE(8);
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0)
    throw new CorruptError(`page size ${pageSize}`);
  const range = `${header.toString("hex", 16, 24)}-${header.toString("hex", 24, 32)}.ltx`;
  if (range !== name) throw new CorruptError(`it holds ${range}`);
  return { pageSize, pages: header.readUInt32BE(12) };
}

/** Takes bytes from a stream in the amounts that are asked for. */
class ByteReader {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private buffer: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.chunks = chunks[Symbol.asyncIterator]();
  }

  async take(count: number): Promise<Buffer> {
    if (this.buffer.length < count) {
      const parts: Uint8Array[] = [this.buffer];
      let length = this.buffer.length;
      while (length < count) {
        const { done, value } = await this.chunks.next();
        if (done) throw new TruncatedError("the file ends in the middle");
        parts.push(value);
        length += value.length;
      }
      this.buffer = Buffer.concat(parts);
    }
    const taken = this.buffer.subarray(0, count);
    this.buffer = this.buffer.subarray(count);
    return taken;
  }

  async rest(): Promise<Buffer> {
    const parts: Uint8Array[] = [this.buffer];
    for (;;) {
      const { done, value } = await this.chunks.next();
      if (done) return Buffer.concat(parts);
      parts.push(value);
    }
  }
}

/** One block of LZ4. Source: the format's description, lz4_Block_format.md. */
function unpack(block: Buffer, size: number): Buffer {
  const page = Buffer.alloc(size);
  let from = 0;
  let to = 0;
  const longer = (length: number): number => {
    let total = length;
    if (length !== 15) return total;
    for (let byte = 255; byte === 255; total += byte) byte = byteAt(block, from++);
    return total;
  };
  while (from < block.length) {
    const token = byteAt(block, from++);
    const literals = longer(token >> 4);
    if (from + literals > block.length || to + literals > size) throw new CorruptError("a page does not unpack");
    block.copy(page, to, from, from + literals);
    from += literals;
    to += literals;
    if (from === block.length) break;
    const offset = byteAt(block, from) | (byteAt(block, from + 1) << 8);
    from += 2;
    const repeated = longer(token & 15) + 4;
    if (offset === 0 || offset > to || to + repeated > size) throw new CorruptError("a page does not unpack");
    for (let count = 0; count < repeated; count++, to++) page[to] = byteAt(page, to - offset);
  }
  if (to !== size) throw new CorruptError("a page unpacks to less than a page");
  return page;
}

function byteAt(bytes: Buffer, index: number): number {
  const byte = bytes[index];
  if (byte === undefined) throw new CorruptError("a page does not unpack");
  return byte;
}

/** CRC-64 with the ISO polynomial, as two halves of 32 bits; the highest bit is always set in files. */
class Checksum {
  private static readonly tables = Checksum.makeTables();

  private high = 0xffffffff;
  private low = 0xffffffff;

  private static makeTables(): { readonly high: Uint32Array; readonly low: Uint32Array } {
    const high = new Uint32Array(256);
    const low = new Uint32Array(256);
    for (let index = 0; index < 256; index++) {
      let upper = 0;
      let lower = index;
      for (let bit = 0; bit < 8; bit++) {
        const odd = lower & 1;
        lower = ((lower >>> 1) | (upper << 31)) >>> 0;
        upper >>>= 1;
        if (odd) upper = (upper ^ 0xd8000000) >>> 0;
      }
      high[index] = upper;
      low[index] = lower;
    }
    return { high, low };
  }

  add(bytes: Uint8Array): void {
    const { high: highs, low: lows } = Checksum.tables;
    let { high, low } = this;
    for (let index = 0; index < bytes.length; index++) {
      const entry = (low ^ (bytes[index] ?? 0)) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (lows[entry] ?? 0);
      high = (high >>> 8) ^ (highs[entry] ?? 0);
    }
    this.high = high >>> 0;
    this.low = low >>> 0;
  }

  equals(written: Buffer): boolean {
    return written.readUInt32BE(0) === (~this.high | 0x80000000) >>> 0 && written.readUInt32BE(4) === ~this.low >>> 0;
  }
}
