import { type PropertyMap, reveal } from "../../deployment/values/property-value";
import type { JsonObject } from "../../lib/json-value";
import { findExisting, type WantedResource } from "../adopt/find-existing";
import type { DoctorClouds, ExaminedStack, Trouble } from "./examined-stack";

/** A finding names this many things and counts the rest. */
const named = 3;

/**
 * Finds what the next deployment would make although it exists: the deployment would fail at it half-way, or change it unseen. It looks
 * for things whose place the program's own files say, because a zone that the program finds by its name has another id in the rehearsal.
 */
export async function nothingInTheWay(stack: ExaminedStack, clouds: DoctorClouds): Promise<readonly Trouble[]> {
  const deployed = new Set(stack.deployed.map(({ urn }) => urn));
  const wanted = stack.planned
    .filter(({ urn, type, name }) => !deployed.has(urn) && !stack.imported.has(urn) && !stack.isListed(type, name))
    .map(({ type, name, properties }): WantedResource => ({ type, name, inputs: plainInputs(properties) }))
    .filter(({ inputs: { zoneId } }) => typeof zoneId !== "string" || stack.isAdopted(zoneId));
  // What the program calls otherwise than the state does is the stack's all the same: an alias leads to it.
  const ids = new Set(stack.deployed.filter(({ owned }) => owned).map(({ id }) => id.toLowerCase()));
  const found = (await findExisting(wanted, clouds.existing(stack.owner), stack.subscription)).filter(
    (finding) => finding.found !== "adoptable" || !ids.has(finding.id.toLowerCase()),
  );
  const [first] = found;
  if (first === undefined) return [];
  const names = found.map(({ planned: { type, name } }) => `${type.split(":").at(-1)} ${name}`);
  const more = names.length > named ? ` and ${names.length - named} more` : "";
  const what = `it would make what is there already: ${names.slice(0, named).join(", ")}${more}`;
  return [{ what, mend: `npm run adopt -- --stack ${stack.stack}` }];
}

/** The texts and numbers among a resource's inputs, which are all that {@link findExisting} compares. */
function plainInputs(properties: PropertyMap): JsonObject {
  const inputs: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(properties)) {
    const plain = reveal(value);
    if (typeof plain === "string" || typeof plain === "number") inputs[key] = plain;
  }
  return inputs;
}
