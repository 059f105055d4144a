import { unknownMarker } from "../../deployment/values/signatures";
import type { JsonObject } from "../../lib/json-value";
import { currentType } from "../../lib/type-token";
import { adoptableTypes, armId, armParts } from "./adoptable-types";

/** A resource that the next deployment would make. */
export interface WantedResource {
  readonly type: string;
  readonly name: string;
  /** As far as they are known before it. */
  readonly inputs: JsonObject;
}

/** What is there, as its cloud tells it. */
export interface ExistingThing {
  readonly id: string;
  readonly properties: JsonObject;
}

/** Looks for what exists, whoever made it. */
export interface ExistingThings {
  /**
   * @param type a key of `adoptableTypes`
   * @param scope its properties that say where to look
   */
  find(type: string, scope: JsonObject): Promise<readonly ExistingThing[]>;
  /**
   * Whether Azure has something of this id.
   *
   * @param apiVersion the version of the service's API, for child resources only: others are in the list of their group
   */
  hasAzure(id: string, apiVersion?: string): Promise<boolean>;
}

/** What is known of a resource that would be made. */
export type AdoptionFinding =
  /** It is there: the engine can import it. */
  | { readonly found: "adoptable"; readonly planned: WantedResource; readonly id: string }
  /** Something is there that the service will not have beside it. */
  | { readonly found: "in-the-way"; readonly planned: WantedResource; readonly what: string }
  /** Several are there, and nothing says which is meant. */
  | { readonly found: "ambiguous"; readonly planned: WantedResource; readonly ids: readonly string[] }
  /** It is there, and could only be replaced: these properties cannot be changed in place. */
  | { readonly found: "different"; readonly planned: WantedResource; readonly properties: readonly string[] };

/** Looks for each of the planned resources. What is not there, or is of a type that is not looked for, is left out. */
export async function findExisting(
  planned: readonly WantedResource[],
  things: ExistingThings,
  subscription: string,
): Promise<readonly AdoptionFinding[]> {
  const findings = new Map<WantedResource, AdoptionFinding>();
  // What is exactly as wanted first, so that nothing else takes it: a name may have several records of one type.
  const claimed = new Set<string>();
  for (const exactly of [true, false]) {
    for (const each of planned) {
      if (findings.has(each)) continue;
      const finding = currentType(each.type).startsWith("azure-native:")
        ? await findAzure(each, things, subscription)
        : await findOther(each, things, exactly, claimed);
      if (finding !== undefined) findings.set(each, finding);
      if (finding?.found === "adoptable") claimed.add(`${each.type} ${finding.id}`);
    }
  }
  return planned.flatMap((each) => findings.get(each) ?? []);
}

async function findAzure(
  planned: WantedResource,
  things: ExistingThings,
  subscription: string,
): Promise<AdoptionFinding | undefined> {
  const type = currentType(planned.type);
  const id = armId(type, planned.inputs, subscription);
  if (id === undefined || id.includes(unknownMarker)) return undefined;
  const part = armParts[type];
  // Below something that is not there yet, nothing is. Azure refuses to look there where nobody has used the service (MissingSubscriptionRegistration).
  const around = part && armId(part.in, planned.inputs, subscription);
  if (around !== undefined && !(await things.hasAzure(around))) return undefined;
  if (!(await things.hasAzure(id, part?.apiVersion))) return undefined;
  return { found: "adoptable", planned, id };
}

/**
 * @param exactly whether only what has all the properties counts that it is known by
 * @param claimed what others take over: type and id
 */
async function findOther(
  planned: WantedResource,
  things: ExistingThings,
  exactly: boolean,
  claimed: ReadonlySet<string>,
): Promise<AdoptionFinding | undefined> {
  const { inputs } = planned;
  const type = adoptableTypes[planned.type];
  if (type === undefined) return undefined;
  const { scope, keys = [], prefers = [], importId = (_, id) => id } = type;
  // Below something that is not there yet, nothing is.
  if (scope.some((key) => typeof inputs[key] !== "string" || inputs[key] === unknownMarker)) return undefined;
  const there = await things.find(planned.type, Object.fromEntries(scope.map((key) => [key, inputs[key] ?? null])));
  const known = exactly ? [...keys, ...prefers] : keys;
  const meant = there.filter(
    ({ id, properties }) =>
      !claimed.has(`${planned.type} ${importId(inputs, id)}`) && known.every((key) => properties[key] === inputs[key]),
  );
  const ids = meant.map(({ id }) => importId(inputs, id));
  if (ids[0] !== undefined && ids.length === 1) return { found: "adoptable", planned, id: ids[0] };
  if (exactly) return undefined;
  if (ids.length > 1) return { found: "ambiguous", planned, ids };
  const rivals = there.filter(({ properties }) => type.isRival?.(inputs, properties) === true);
  if (rivals.length === 0) return undefined;
  const what = rivals.map(({ properties: { type: kind, content } }) => `${kind} ${content}`).join(", ");
  return { found: "in-the-way", planned, what };
}
