import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Archive, Asset } from "./property-value";

type AssetSource = Asset["source"];
type ArchiveSource = Archive["source"];

/** An asset with the hash of its content, by which two assets are compared. A file that is missing is an error. */
export function hashedAsset(source: AssetSource): Asset {
  if ("text" in source) return new Asset(source, sha256(source.text));
  if ("path" in source) return new Asset(source, sha256(readFileSync(source.path)));
  return new Asset(source, sha256(source.uri));
}

/** An archive with the hash of everything in it. */
export function hashedArchive(source: ArchiveSource): Archive {
  if ("assets" in source) {
    const parts = Object.entries(source.assets)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, part]) => `${name}\0${part.hash ?? ""}`);
    return new Archive(source, sha256(parts.join("\n")));
  }
  if ("path" in source) return new Archive(source, sha256(pathContents(source.path)));
  return new Archive(source, sha256(source.uri));
}

function pathContents(path: string): string {
  if (!statSync(path).isDirectory()) return sha256(readFileSync(path));
  return readdirSync(path)
    .sort()
    .map((name) => `${name}\0${pathContents(join(path, name))}`)
    .join("\n");
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
