import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { readRegularFile } from "../../lib/file-access";
import type { Archive, Asset } from "./property-value";

type ArchiveSource = Archive["source"];

/** A file of an archive, as the engine reads it. */
interface ArchivedFile {
  readonly name: string;
  readonly content: Uint8Array;
}

/**
 * The hash that Pulumi's engine gives an archive: that of an archive file as it is, else that of the tar file which Go writes of the
 * files, with mode 0600, no times and no owner. Undefined for what is at an address, or has an archive file or an address among its parts,
 * or a name that Go writes in another form: the sandbox opens none of these.
 *
 * @throws what the file system says of files that are missing
 * Source: `EnsureHash` in pulumi/sdk/go/common/resource/archive, and Go's archive/tar.
 */
export function archiveHash(source: ArchiveSource): string | undefined {
  const hash = createHash("sha256");
  if ("path" in source && !statSync(source.path).isDirectory()) {
    return hash.update(readRegularFile(source.path)).digest("hex");
  }
  const files = filesOf(source);
  if (files === undefined || !files.every(({ name }) => fitsUstar(name))) return undefined;
  for (const { name, content } of files) {
    hash.update(header(name, content.length)).update(content);
    hash.update(new Uint8Array(-content.length & (blockSize - 1)));
  }
  return hash.update(new Uint8Array(2 * blockSize)).digest("hex");
}

const blockSize = 512;

/** In the order of the engine: each directory's names sorted; of a name that comes twice, the first. */
function filesOf(source: ArchiveSource): readonly ArchivedFile[] | undefined {
  if ("uri" in source) return undefined;
  if ("path" in source) return filesIn(source.path);
  const files = new Map<string, ArchivedFile>();
  for (const name of Object.keys(source.assets).sort()) {
    const parts = filesOfPart(source.assets[name]?.source);
    if (parts === undefined) return undefined;
    for (const part of parts) {
      const path = posix.join(name, part.name);
      if (!files.has(path)) files.set(path, { ...part, name: path });
    }
  }
  return [...files.values()];
}

function filesOfPart(source: ArchiveSource | Asset["source"] | undefined): readonly ArchivedFile[] | undefined {
  if (source === undefined || "uri" in source) return undefined;
  if ("text" in source) return [{ name: "", content: Buffer.from(source.text) }];
  if ("path" in source && !statSync(source.path).isDirectory()) {
    return /\.(tar|tgz|tar\.gz|zip|jar)$/.test(source.path)
      ? undefined
      : [{ name: "", content: readRegularFile(source.path) }];
  }
  return filesOf(source);
}

/** What the engine keeps beside a program is left out, and so are directories behind a link. */
function filesIn(directory: string): readonly ArchivedFile[] {
  return readdirSync(directory, { withFileTypes: true })
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry): readonly ArchivedFile[] => {
      const path = join(directory, entry.name);
      if (entry.name === ".pulumi") return [];
      if (entry.isDirectory()) {
        return filesIn(path).map((file) => ({ ...file, name: posix.join(entry.name, file.name) }));
      }
      if (entry.isSymbolicLink() && statSync(path).isDirectory()) return [];
      return [{ name: entry.name, content: readRegularFile(path) }];
    });
}

/** The block before a file's content, in the form USTAR, which Go takes for names that fit into it. */
function header(path: string, size: number): Uint8Array {
  const block = Buffer.alloc(blockSize);
  const { name, prefix } = ustarName(path);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  block.write(name, 0);
  block.write(octal(0o600, 7) + octal(0, 7) + octal(0, 7) + octal(size, 11) + octal(0, 11), 100);
  block.write("        0", 148);
  block.write("ustar\x0000", 257);
  block.write(octal(0, 7) + octal(0, 7), 329);
  block.write(prefix, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)} `, 148);
  return block;
}

function fitsUstar(path: string): boolean {
  const { name, prefix } = ustarName(path);
  return /^[ -~]+$/.test(path) && name.length <= 100 && (path.length <= 100 || prefix !== "");
}

/** A name of more than 100 bytes is cut at a slash, as Go cuts it. */
function ustarName(path: string): { name: string; prefix: string } {
  if (path.length <= 100) return { name: path, prefix: "" };
  const cut = path.slice(0, 156).lastIndexOf("/");
  return { name: path.slice(cut + 1), prefix: path.slice(0, Math.max(cut, 0)) };
}
