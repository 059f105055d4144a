import { compareSync, getRounds } from "bcryptjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reveal, Secret, unknown } from "../../../../deployment/values/property-value";
import { randomProvider } from "../../../../sandbox/clouds/random";
import { MemoryWorld } from "../../../../sandbox/world/world";
import { CloudSession } from "../cloud-session";

const world = new MemoryWorld();
const session = new CloudSession(randomProvider(world));
const token = (name: string): string => `random:index/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`;

describe("random texts", () => {
  it("have the length, the minimums and only the classes that are asked for", async () => {
    const classes = fc.record({
      length: fc.integer({ min: 12, max: 40 }),
      minLower: fc.integer({ min: 0, max: 3 }),
      minUpper: fc.integer({ min: 0, max: 3 }),
      minNumeric: fc.integer({ min: 0, max: 3 }),
      minSpecial: fc.integer({ min: 0, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(classes, async (inputs) => {
        const { result } = (await session.create(token("RandomString"), "text", { ...inputs, overrideSpecial: "_%" }))
          .outputs;
        const count = (pattern: RegExp): number => String(result).match(pattern)?.length ?? 0;
        expect(String(result)).toMatch(/^[a-zA-Z0-9_%]+$/);
        expect(String(result)).toHaveLength(inputs.length);
        expect(count(/[a-z]/g)).toBeGreaterThanOrEqual(inputs.minLower);
        expect(count(/[A-Z]/g)).toBeGreaterThanOrEqual(inputs.minUpper);
        expect(count(/[0-9]/g)).toBeGreaterThanOrEqual(inputs.minNumeric);
        expect(count(/[_%]/g)).toBeGreaterThanOrEqual(inputs.minSpecial);
      }),
      { numRuns: 50 },
    );
  });

  it("leave out classes that are off", async () => {
    const inputs = { length: 200, special: false, upper: false, numeric: false };
    expect((await session.create(token("RandomString"), "text", inputs)).outputs.result).toMatch(/^[a-z]{200}$/);
  });

  it("refuse a length below the minimums, and no class at all", async () => {
    expect(await session.failures(token("RandomString"), { length: 3, minLower: 2, minUpper: 2 })).toEqual([
      expect.stringContaining("expected at least 4"),
    ]);
    const off = { length: 8, special: false, upper: false, lower: false, numeric: false };
    expect(await session.failures(token("RandomString"), off)).toEqual([expect.stringContaining("at least one of")]);
  });

  it("are unknown in a preview", async () => {
    expect((await session.preview(token("RandomString"), "text", { length: 8 })).result).toBe(unknown);
  });
});

describe("a random password", () => {
  it("is secret, its id says nothing, and its bcrypt hash fits it", async () => {
    const { id, outputs } = await session.create(token("RandomPassword"), "password", { length: 20 });
    expect(id).toBe("none");
    expect(outputs.result).toBeInstanceOf(Secret);
    expect(outputs.bcryptHash).toBeInstanceOf(Secret);
    expect(getRounds(String(reveal(outputs.bcryptHash ?? null)))).toBe(10);
    expect(compareSync(String(reveal(outputs.result ?? null)), String(reveal(outputs.bcryptHash ?? null)))).toBe(true);
  });
});

describe("random values", () => {
  it("are replaced when their keepers change, and only then", async () => {
    const made = await session.create(token("RandomPet"), "pet", { keepers: { image: "1" } });
    expect((await session.diff(made, { keepers: { image: "1" } })).changes).toBe("none");
    expect((await session.diff(made, { keepers: { image: "2" } })).replaces).toEqual(["keepers.image"]);
  });

  it("are kept in the state and nowhere else", async () => {
    const made = await session.create(token("RandomId"), "id", { byteLength: 4, prefix: "p-" });
    expect(world.objects()).toEqual([]);
    expect(await session.refresh(made)).toEqual({ id: made.id, inputs: made.inputs, outputs: made.outputs });
    const bytes = Buffer.from(made.id, "base64url");
    expect(made.outputs).toMatchObject({ hex: `p-${bytes.toString("hex")}`, dec: `p-${bytes.readUInt32BE()}` });
  });

  it("are names of words with a prefix", async () => {
    const { id } = await session.create(token("RandomPet"), "pet", { length: 3, prefix: "app", separator: "_" });
    expect(id).toMatch(/^app_[a-z]+_[a-z]+_[a-z]+$/);
  });

  it("are whole numbers in a range, the same for the same seed", async () => {
    const inputs = { min: 5, max: 7, seed: "s" };
    const first = await session.create(token("RandomInteger"), "number", inputs);
    const second = await session.create(token("RandomInteger"), "number", inputs);
    expect([5, 6, 7]).toContain(first.outputs.result);
    expect(second.outputs.result).toBe(first.outputs.result);
    expect(await session.failures(token("RandomInteger"), { min: 8, max: 7 })).toEqual([
      expect.stringContaining("at most max (7)"),
    ]);
  });

  it("are UUIDs of version 4 and 7", async () => {
    const four = await session.create(token("RandomUuid"), "four", {});
    const seven = await session.create(token("RandomUuid7"), "seven", {});
    expect(four.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(seven.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("are secret bytes", async () => {
    const { outputs } = await session.create(token("RandomBytes"), "bytes", { length: 16 });
    expect(outputs.hex).toBeInstanceOf(Secret);
    expect(reveal(outputs.hex ?? null)).toMatch(/^[0-9a-f]{32}$/);
  });

  it("are lists in random order, repeating evenly", async () => {
    const inputs = { inputs: ["a", "b", "c"], resultCount: 6 };
    const { results } = (await session.create(token("RandomShuffle"), "list", inputs)).outputs;
    expect([...(Array.isArray(results) ? results : [])].sort()).toEqual(["a", "a", "b", "b", "c", "c"]);
  });
});
