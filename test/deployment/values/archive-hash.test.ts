import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { archiveHash } from "../../../deployment/values/archive-hash";
import { Archive, Asset } from "../../../deployment/values/property-value";

const directory = mkdtempSync(join(tmpdir(), "archive-"));
afterAll(() => rmSync(directory, { recursive: true }));

const path = join(directory, "dir");
const files = {
  "a.txt": "one\n",
  "sub/b.txt": "two\n",
  "sub.txt": "x",
  ".pulumi/state": "no",
  [`${"d".repeat(60)}/${"e".repeat(60)}`]: "long",
};
for (const [name, content] of Object.entries(files)) {
  mkdirSync(dirname(join(path, name)), { recursive: true });
  writeFileSync(join(path, name), content);
}
const text = new Asset({ text: "hello" }, undefined);

// The values are those of `EnsureHash` in pulumi/sdk/go/common/resource/archive 3.260.0 for the same files.
describe("the hash of an archive is the real engine's", () => {
  it("of a directory, without what the engine keeps there, also with long names", () => {
    expect(archiveHash({ path })).toBe("769789303ec45a52fef2949147d3a68302e6a1247cc52fbd655e834baad12889");
  });

  it("of assets and archives in one another, the first of a name that comes twice", () => {
    const assets = {
      "z.txt": text,
      b: new Archive({ path }, undefined),
      a: new Archive({ assets: { x: new Asset({ path: join(path, "a.txt") }, undefined) } }, undefined),
      "b/a.txt": text,
    };
    expect(archiveHash({ assets })).toBe("b70c0e867790cbde0256527323b8c22d809f4caae3420d56ba578b97e7e2111a");
  });

  it("of nothing", () => {
    expect(archiveHash({ assets: {} })).toBe("5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");
  });

  it("of an archive file: its bytes", () => {
    writeFileSync(join(directory, "x.zip"), "hello");
    expect(archiveHash({ path: join(directory, "x.zip") })).toBe(
      "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    );
  });

  it.each<[string, Archive["source"]]>([
    ["an address", { uri: "https://example.com/x.zip" }],
    ["an address among its parts", { assets: { a: new Asset({ uri: "https://example.com/a" }, undefined) } }],
    ["a name that Go writes in another form", { assets: { "é.txt": text } }],
    ["a part of a name that is too long", { assets: { ["n".repeat(101)]: text } }],
  ])("is not told of %s", (_what, source) => {
    expect(archiveHash(source)).toBeUndefined();
  });
});
