import { randomInt } from "node:crypto";
import type { PropertyMap } from "../../../deployment/values/property-value";
import type { CheckFailure } from "../../engine/provider";
import { flagAt, numberAt, textAt } from "../read-property";

/** The special characters that `random` uses unless `overrideSpecial` is given. */
const specialCharacters = "!@#$%&*()-_=+[]{}<>:?";

interface CharacterClass {
  readonly alphabet: string;
  /** How many of the text's characters must come from this class. */
  readonly minimum: number;
  readonly enabled: boolean;
}

function characterClasses(inputs: PropertyMap): readonly CharacterClass[] {
  const enabled = (name: string): boolean => flagAt(inputs, name) ?? true;
  const minimum = (name: string): number => numberAt(inputs, name) ?? 0;
  return [
    { alphabet: "0123456789", minimum: minimum("minNumeric"), enabled: flagAt(inputs, "numeric") ?? enabled("number") },
    { alphabet: "abcdefghijklmnopqrstuvwxyz", minimum: minimum("minLower"), enabled: enabled("lower") },
    { alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", minimum: minimum("minUpper"), enabled: enabled("upper") },
    {
      alphabet: textAt(inputs, "overrideSpecial") || specialCharacters,
      minimum: minimum("minSpecial"),
      enabled: enabled("special"),
    },
  ];
}

/** What is wrong with the inputs of a `RandomString` or `RandomPassword`. Unknown values pass. */
export function checkRandomText(inputs: PropertyMap): readonly CheckFailure[] {
  const length = numberAt(inputs, "length");
  const failures: CheckFailure[] = [];
  const minimums = characterClasses(inputs).reduce((sum, { minimum }) => sum + minimum, 0);
  if (length !== undefined && length < Math.max(1, minimums)) {
    failures.push({
      property: "length",
      reason: `expected at least ${Math.max(1, minimums)} (1, and minUpper + minLower + minNumeric + minSpecial), got ${length}`,
    });
  }
  if (characterClasses(inputs).every(({ enabled }) => !enabled)) {
    failures.push({ property: "", reason: "at least one of numeric, lower, upper and special must be true" });
  }
  return failures;
}

/** A text with the asked minimum of each class of characters, the rest from all enabled classes, shuffle. */
export function randomText(inputs: PropertyMap): string {
  const length = numberAt(inputs, "length") ?? 0;
  const classes = characterClasses(inputs);
  const everything = classes.map(({ alphabet, enabled }) => (enabled ? alphabet : "")).join("");
  const characters = classes.flatMap(({ alphabet, minimum }) =>
    Array.from({ length: minimum }, () => randomCharacter(alphabet)),
  );
  while (characters.length < length) characters.push(randomCharacter(everything));
  return shuffle(characters, randomInt).join("");
}

function randomCharacter(alphabet: string): string {
  return alphabet.charAt(randomInt(alphabet.length));
}

/** A copy in random order. @param below a random whole number from 0 up to, not including, its argument */
export function shuffle<Item>(items: readonly Item[], below: (limit: number) => number): Item[] {
  const rest = [...items];
  const result: Item[] = [];
  while (rest.length > 0) result.push(...rest.splice(below(rest.length), 1));
  return result;
}
