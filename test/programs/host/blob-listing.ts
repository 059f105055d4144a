interface Listed {
  readonly text: string;
  readonly modified?: Date | undefined;
}

/** What Azure answers when a container is listed, by prefix and by hierarchy. All in one page. */
export function blobListing(blobs: ReadonlyMap<string, Listed>, { pathname, searchParams }: URL): string {
  const container = `${pathname.replace(/\/$/, "")}/`;
  const prefix = searchParams.get("prefix") ?? "";
  const delimiter = searchParams.get("delimiter") ?? "";
  const prefixes = new Set<string>();
  const found: string[] = [];
  for (const [path, blob] of [...blobs].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const name = path.slice(container.length);
    if (!path.startsWith(container) || !name.startsWith(prefix)) continue;
    const end = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length);
    if (end >= 0) prefixes.add(name.slice(0, end + 1));
    else found.push(blobXml(name, blob));
  }
  const groups = [...prefixes].map((name) => `<BlobPrefix><Name>${name}</Name></BlobPrefix>`);
  return `<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>${[...found, ...groups].join("")}</Blobs><NextMarker/></EnumerationResults>`;
}

function blobXml(name: string, { text, modified = new Date() }: Listed): string {
  const length = `<Content-Length>${Buffer.byteLength(text)}</Content-Length>`;
  const properties = `<Last-Modified>${modified.toUTCString()}</Last-Modified><Etag>0x1</Etag>${length}`;
  return `<Blob><Name>${name}</Name><Properties>${properties}<BlobType>BlockBlob</BlobType></Properties></Blob>`;
}
