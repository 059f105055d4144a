import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type NamedKind, type NameRule, nameRules } from "../../components/naming/name-rules";
import { physicalName } from "../../components/naming/physical-name";

const kinds = Object.keys(nameRules).filter((kind): kind is NamedKind => kind in nameRules);
const kind = fc.constantFrom(...kinds);
/** Anything a person might call something, as long as there is a letter in it. */
const part = fc
  .tuple(fc.constantFrom("a", "B", "mc", "Å", "7"), fc.string({ maxLength: 80 }))
  .map(([start, rest]) => `${start}${rest}`);
const context = fc.record({
  project: fc.stringMatching(/^[a-z][a-z0-9]{0,11}$/),
  environment: fc.constantFrom("dev", "prod", "staging"),
});

function alphabet(rule: NameRule): RegExp {
  switch (rule.alphabet) {
    case "lower-alphanumeric":
      return /^[a-z0-9]+$/;
    case "alphanumeric":
      return /^[A-Za-z0-9]+$/;
    case "lower-alphanumeric-dash":
      return /^[a-z0-9]+(-[a-z0-9]+)*$/;
    case "alphanumeric-dash":
      return /^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/;
  }
}

describe("physicalName", () => {
  it("is valid for its type, whatever the parts", () => {
    fc.assert(
      fc.property(kind, context, fc.array(part, { minLength: 1, maxLength: 3 }), (of, stack, parts) => {
        const rule: NameRule = nameRules[of];
        const name = physicalName(stack, of, ...parts);
        expect(name.length).toBeGreaterThanOrEqual(rule.minLength);
        expect(name.length).toBeLessThanOrEqual(rule.maxLength);
        expect(name).toMatch(alphabet(rule));
        if (rule.startsWithLetter) expect(name).toMatch(/^[a-z]/);
      }),
      { numRuns: 1000 },
    );
  });

  it("is the same on every run", () => {
    fc.assert(
      fc.property(kind, context, fc.array(part, { minLength: 1, maxLength: 3 }), (of, stack, parts) => {
        expect(physicalName({ ...stack }, of, ...parts)).toBe(physicalName(stack, of, ...parts));
      }),
    );
  });

  it("differs where the parts differ", () => {
    fc.assert(
      fc.property(kind, context, part, part, (of, stack, one, other) => {
        fc.pre(one !== other);
        expect(physicalName(stack, of, one)).not.toBe(physicalName(stack, of, other));
      }),
      { numRuns: 1000 },
    );
  });

  it("differs between systems and environments where names are unique in the world", () => {
    const names = [
      physicalName({ project: "alai", environment: "dev" }, "storageAccount", "backups"),
      physicalName({ project: "alai", environment: "prod" }, "storageAccount", "backups"),
      physicalName({ project: "alaid", environment: "ev" }, "storageAccount", "backups"),
    ];
    expect(new Set(names).size).toBe(3);
  });

  it("is the parts themselves where they fit", () => {
    expect(physicalName({ project: "alai", environment: "prod" }, "containerApp", "mc-api")).toBe("alai-prod-mc-api");
  });

  it("keeps apart what the type would spell the same", () => {
    const stack = { project: "alai", environment: "prod" };
    expect(physicalName(stack, "containerApp", "mc.api")).not.toBe(physicalName(stack, "containerApp", "mc-api"));
  });

  it("has a new name for another generation only where names stay taken", () => {
    const names = (generation?: string) =>
      (["vault", "containerApp"] as const).map((kind) =>
        physicalName({ project: "alai", environment: "dev", generation }, kind, "main"),
      );
    const [vault, app] = names();
    expect(names("")).toEqual([vault, app]);
    expect(names("2")).toEqual([expect.not.stringMatching(vault ?? ""), app]);
  });
});
