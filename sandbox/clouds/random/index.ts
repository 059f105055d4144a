import { createHash, randomBytes, randomInt, randomUUID } from "node:crypto";
import { hash } from "bcryptjs";
import { type PropertyMap, Unknown } from "../../../deployment/values/property-value";
import type { CheckFailure, Provider } from "../../engine/provider";
import type { World } from "../../world/world";
import type { EmulatedProviderOptions } from "../emulated-provider";
import { flagAt, numberAt, textAt, textsAt } from "../read-property";
import { RepeatableRandom } from "../repeatable-random";
import { type StateOnlyContext, StateOnlyProvider, type StateOnlyType } from "../state-only-provider";
import { petName } from "./pet-names";

/** The `random` package. Its values are truly random, made once, and kept in the state alone: it needs no world. */
export function randomProvider(_world: World, _options: EmulatedProviderOptions = {}): Provider {
  return new StateOnlyProvider("random", randomTypes);
}

const textInputs = [
  "keepers",
  "length",
  "lower",
  "minLower",
  "minNumeric",
  "minSpecial",
  "minUpper",
  "number",
  "numeric",
  "overrideSpecial",
  "special",
  "upper",
];

const textDefaults: PropertyMap = {
  lower: true,
  minLower: 0,
  minNumeric: 0,
  minSpecial: 0,
  minUpper: 0,
  number: true,
  numeric: true,
  special: true,
  upper: true,
};

/** The provider's: bcrypt's default cost. */
const bcryptCost = 10;
const atLeastOne = { minimum: 1, maximum: Number.MAX_SAFE_INTEGER };

const randomString: StateOnlyType = {
  type: "random:index/randomString:RandomString",
  required: ["length"],
  check: checkRandomText,
  createOnly: textInputs,
  defaults: textDefaults,
  computed: ["result"],
  create: async ({ inputs }) => {
    const result = randomText(inputs);
    return { id: result, computed: { result } };
  },
  imported: (id) => ({ ...textDefaults, length: id.length, result: id }),
};

const randomPassword: StateOnlyType = {
  ...randomString,
  type: "random:index/randomPassword:RandomPassword",
  computed: ["result", "bcryptHash"],
  secretOutputs: ["result", "bcryptHash"],
  create: async ({ inputs }) => {
    const result = randomText(inputs);
    return { id: "none", computed: { result, bcryptHash: await hash(result, bcryptCost) } };
  },
};

const randomPet: StateOnlyType = {
  type: "random:index/randomPet:RandomPet",
  createOnly: ["keepers", "length", "prefix", "separator"],
  defaults: { length: 2, separator: "-" },
  computed: [],
  create: async ({ inputs }) => {
    const separator = textAt(inputs, "separator") ?? "-";
    const prefix = textAt(inputs, "prefix");
    const name = petName(numberAt(inputs, "length") ?? 2, separator);
    return { id: prefix ? `${prefix}${separator}${name}` : name, computed: {} };
  },
};

const randomId: StateOnlyType = {
  type: "random:index/randomId:RandomId",
  required: ["byteLength"],
  ranges: { byteLength: atLeastOne },
  createOnly: ["byteLength", "keepers", "prefix"],
  computed: ["b64Std", "b64Url", "dec", "hex"],
  create: async ({ inputs }) => {
    const bytes = randomBytes(numberAt(inputs, "byteLength") ?? 0);
    return { id: bytes.toString("base64url"), computed: encodings(bytes, textAt(inputs, "prefix") ?? "") };
  },
  imported: (id) => {
    const bytes = Buffer.from(id, "base64url");
    return { byteLength: bytes.length, ...encodings(bytes, "") };
  },
};

function encodings(bytes: Buffer, prefix: string): PropertyMap {
  const hex = bytes.toString("hex");
  return {
    b64Std: `${prefix}${bytes.toString("base64")}`,
    b64Url: `${prefix}${bytes.toString("base64url")}`,
    dec: `${prefix}${BigInt(`0x${hex}`)}`,
    hex: `${prefix}${hex}`,
  };
}

function uuidType(type: string, make: () => string): StateOnlyType {
  return {
    type,
    createOnly: ["keepers"],
    computed: ["result"],
    create: async () => {
      const result = make();
      return { id: result, computed: { result } };
    },
    imported: (id) => ({ result: id }),
  };
}

/** A version 7 UUID: milliseconds since 1970 in the first 48 bits. */
function uuid7(): string {
  const time = Date.now().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

const randomInteger: StateOnlyType = {
  type: "random:index/randomInteger:RandomInteger",
  required: ["min", "max"],
  check: minimumAboveMaximum,
  createOnly: ["keepers", "max", "min", "seed"],
  computed: ["result"],
  create: async ({ inputs }) => {
    const minimum = numberAt(inputs, "min") ?? 0;
    const span = (numberAt(inputs, "max") ?? 0) - minimum + 1;
    const result = minimum + below(inputs)(span);
    return { id: String(result), computed: { result } };
  },
};

function minimumAboveMaximum(inputs: PropertyMap): readonly CheckFailure[] {
  const minimum = numberAt(inputs, "min");
  const maximum = numberAt(inputs, "max");
  if (minimum === undefined || maximum === undefined || minimum <= maximum) return [];
  return [{ property: "min", reason: `expected at most max (${maximum}), got ${minimum}` }];
}

const randomBytesType: StateOnlyType = {
  type: "random:index/randomBytes:RandomBytes",
  required: ["length"],
  ranges: { length: atLeastOne },
  createOnly: ["keepers", "length"],
  computed: ["base64", "hex"],
  secretOutputs: ["base64", "hex"],
  create: async ({ inputs }) => {
    const bytes = randomBytes(numberAt(inputs, "length") ?? 0);
    return { id: "none", computed: { base64: bytes.toString("base64"), hex: bytes.toString("hex") } };
  },
};

const randomShuffle: StateOnlyType = {
  type: "random:index/randomShuffle:RandomShuffle",
  required: ["inputs"],
  check: (inputs) =>
    inputs.inputs instanceof Unknown || textsAt(inputs, "inputs").length > 0
      ? []
      : [{ property: "inputs", reason: "expected a list of at least one text" }],
  createOnly: ["inputs", "keepers", "resultCount", "seed"],
  computed: ["results"],
  create: async (context) => ({ id: "-", computed: { results: shuffledInputs(context) } }),
};

/** As many items as asked; more than there are repeat, each as often as the others. */
function shuffledInputs({ inputs }: StateOnlyContext): string[] {
  const items = textsAt(inputs, "inputs");
  const count = numberAt(inputs, "resultCount") ?? items.length;
  const draw = below(inputs);
  const results: string[] = [];
  while (results.length < count) results.push(...shuffle(items, draw));
  return results.slice(0, count);
}

/** Random whole numbers below a limit; with a `seed`, always the same ones. */
function below(inputs: PropertyMap): (limit: number) => number {
  const seed = textAt(inputs, "seed");
  if (!seed) return (limit) => randomInt(limit);
  const random = new RepeatableRandom(createHash("sha256").update(seed).digest());
  return (limit) => random.below(limit);
}

const randomTypes: readonly StateOnlyType[] = [
  randomString,
  randomPassword,
  randomPet,
  randomId,
  uuidType("random:index/randomUuid:RandomUuid", randomUUID),
  uuidType("random:index/randomUuid4:RandomUuid4", randomUUID),
  uuidType("random:index/randomUuid7:RandomUuid7", uuid7),
  randomInteger,
  randomBytesType,
  randomShuffle,
];

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
function checkRandomText(inputs: PropertyMap): readonly CheckFailure[] {
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
function randomText(inputs: PropertyMap): string {
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
function shuffle<Item>(items: readonly Item[], below: (limit: number) => number): Item[] {
  const rest = [...items];
  const result: Item[] = [];
  while (rest.length > 0) result.push(...rest.splice(below(rest.length), 1));
  return result;
}
