import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readWorldSeed } from "../../../sandbox/world/open-world";

function seedWith(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "seed-")), "world.yaml");
  writeFileSync(path, text);
  return path;
}

describe("the world's seed", () => {
  const objects = readWorldSeed(join(__dirname, "../../../sandbox/world.yaml"));
  const named = (kind: string) =>
    objects
      .filter((object) => object.kind === kind)
      .map((object) => object.properties.hostname ?? object.properties.name);

  it("holds the zones, with ids as Cloudflare writes them", () => {
    expect(named("cloudflare:index/zone:Zone").sort()).toEqual([
      "alai.no",
      "basicconsulting.no",
      "basicfakta.no",
      "betterworld.example",
      "bilko.io",
      "getdrop.no",
      "kenyhot.pro",
      "kimberly.example",
      "latticeforge.example",
      "merdzanovic.ba",
      "snowit.ba",
    ]);
    for (const zone of objects.filter((object) => object.kind === "cloudflare:index/zone:Zone")) {
      expect(zone.id).toMatch(/^[0-9a-f]{32}$/);
      expect(zone.properties.account).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{32}$/) });
    }
  });

  it("holds the backup account and its three containers", () => {
    expect(named("azure-native:storage:StorageAccount")).toEqual(["alaibackups0ebb"]);
    expect(named("azure-native:storage:BlobContainer")).toEqual([
      "system-db-backups",
      "system-git-bundles",
      "bitwarden-exports",
    ]);
  });

  it("holds both hosts, a laptop and a phone in the tailnet, and a way to reach the hosts", () => {
    expect(named("tailscale:index/device:Device")).toEqual(["anvil", "forge", "laptop", "phone"]);
    const hosts = objects.filter((object) => object.kind === "command:index/host:Host");
    expect(hosts.flatMap((host) => host.properties.addresses)).toEqual(
      expect.arrayContaining(["100.103.49.98", "100.104.164.86", "10.0.0.1", "10.0.0.2"]),
    );
  });

  it("gives every existing repository a default branch", () => {
    const branches = objects
      .filter((object) => object.kind === "github:index/branch:Branch")
      .map((object) => object.id);
    expect(branches).toEqual(named("github:index/repository:Repository").map((name) => `${String(name)}:main`));
  });
});

describe("a seed that cannot be used", () => {
  it("names every wrong field", () => {
    const path = seedWith("objects:\n  - kind: nonsense\n    id: 5\n    properties: {}\n    extra: 1\n");
    expect(() => readWorldSeed(path)).toThrow(
      /:2:11 objects\[0\]\.kind: expected a type token[\s\S]*:3:9 objects\[0\]\.id: expected text[\s\S]*:5:5 objects\[0\]\.extra: unknown key/,
    );
  });

  it("refuses one kind and id given twice", () => {
    const entry = "  - { kind: github:index/user:User, id: someone, properties: {} }\n";
    expect(() => readWorldSeed(seedWith(`objects:\n${entry}${entry}`))).toThrow(
      /:3:5 objects\[1\]: github:index\/user:User "someone" is there twice/,
    );
  });

  it("says where YAML stops making sense", () => {
    expect(() => readWorldSeed(seedWith("objects: [\n"))).toThrow(/in the emulated world:\n.*:2:1 not valid YAML: /);
  });

  it("says which file is missing", () => {
    expect(() => readWorldSeed("nowhere.yaml")).toThrow(/nowhere\.yaml/);
  });
});
