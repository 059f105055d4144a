import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { DriftDifference } from "../../../operations/drift/drift-finding";
import { type NoiseList, readNoise, removeNoise } from "../../../operations/drift/noise";

const directory = mkdtempSync(join(tmpdir(), "noise-"));
afterAll(() => rmSync(directory, { recursive: true }));

function reading(text: string): () => NoiseList {
  const file = join(directory, "noise.yaml");
  writeFileSync(file, text);
  return () => readNoise(file);
}

const reason = "The service writes it by itself.";
const noise: NoiseList = {
  properties: [{ type: "azure-native:app:ContainerApp", path: "template.containers[*].image", reason }],
  unmanaged: [{ type: "Microsoft.Network/networkInterfaces", id: "*.nic.*", reason }],
};

function difference(paths: readonly string[], change: Partial<DriftDifference> = {}): DriftDifference {
  const properties = paths.map((path) => ({ path, before: "1", after: "2" }));
  const type = "azure-native:app:ContainerApp";
  return { kind: "changed", urn: "urn:a", type, name: "a", id: "i", properties, ...change };
}

describe("the list of what is no drift", () => {
  it("takes out the paths it names, and keeps the others", () => {
    const image = "template.containers[0].image";
    expect(removeNoise(difference([image]), noise)).toBeUndefined();
    expect(removeNoise(difference([image, "tags.Owner"]), noise)?.properties).toMatchObject([{ path: "tags.Owner" }]);
    expect(removeNoise(difference(["template.containers[0].imageName"]), noise)).toBeDefined();
    expect(removeNoise(difference([image], { type: "azure-native:app:Job" }), noise)).toBeDefined();
  });

  it("takes out what services make by themselves, and nothing that is gone", () => {
    const nic = { kind: "unmanaged", type: "Microsoft.Network/networkInterfaces" } as const;
    expect(removeNoise(difference([], { ...nic, id: "/x/networkInterfaces/vault.nic.1234" }), noise)).toBeUndefined();
    expect(removeNoise(difference([], { ...nic, id: "/x/networkInterfaces/mine" }), noise)).toBeDefined();
    expect(removeNoise(difference([], { kind: "deleted" }), noise)).toBeDefined();
  });

  it("of this project can be read", () => {
    expect(readNoise().properties.length).toBeGreaterThan(0);
  });

  it.each([
    [
      "an unknown key",
      `{ type: a, path: b, reason: "${reason}", until: never }`,
      /noise\.yaml:2:\d+ properties\[0\]\.until: unknown key/,
    ],
    ["no reason", "{ type: a, path: b }", /noise\.yaml:2:\d+ properties\[0\]\.reason: expected text, got nothing/],
    ["a reason of one word", "{ type: a, path: b, reason: noise }", /a sentence/],
    ["a path that hides everything", `{ type: a, path: "*", reason: "${reason}" }`, /hide everything/],
  ])("is refused with %s", (_what, entry, message) => {
    expect(reading(`properties:\n  - ${entry}\nunmanaged: []\n`)).toThrow(message);
  });

  it("is refused when it says the same twice", () => {
    const entry = `  - { type: a, path: b, reason: "${reason}" }\n`;
    expect(reading(`properties:\n${entry}${entry}unmanaged: []\n`)).toThrow(
      /noise\.yaml:3:5 properties\[1\]: this entry is there twice/,
    );
  });
});
