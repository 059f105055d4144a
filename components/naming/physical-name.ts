import { createHash } from "node:crypto";
import { refusal } from "../../lib/refusal";
import type { StackContext } from "../context/stack-context";
import { type NamedKind, type NameRule, nameRules } from "./name-rules";

/** Hex digits of the hash in a shortened or world-unique name: 8 keep two of 10,000 names apart with odds of 1 in 80. */
const hashLength = 8;

/**
 * The name a resource has at its provider: `{project}-{environment}-{component}-{suffix}`, within what the type allows.
 *
 * The same parts always give the same name. A name that is too long or too short, that the type cannot spell as it is, or that must be
 * unique in the world, ends in a hash of its parts: what differs stays different.
 *
 * @param parts the component's logical name, and a suffix where it makes several of a kind
 * @throws when the parts leave nothing to make a name of
 * @example physicalName(context, "containerApp", "mc-api")        // "alai-prod-mc-api"
 * @example physicalName(context, "storageAccount", "backups")     // "alaiprodbackups1f9d0c3a"
 */
export function physicalName(
  context: Pick<StackContext, "project" | "environment" | "generation">,
  kind: NamedKind,
  ...parts: readonly string[]
): string {
  const rule: NameRule = nameRules[kind];
  const full = [context.project, context.environment, ...parts].filter((part) => part !== "").join("-");
  const name = spell(full, rule);
  if (name === "") throw refusal(`${kind} "${full}"`, ["no name can be made of it: it has no letter or digit"]);
  const fits = name === full && name.length <= rule.maxLength && name.length >= rule.minLength;
  return fits && rule.uniqueIn === "parent" ? name : withHash(name, `${full}${context.generation ?? ""}`, rule);
}

function spell(text: string, rule: NameRule): string {
  const lower = text.toLowerCase();
  const spelled = rule.alphabet.endsWith("-dash")
    ? lower.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "")
    : lower.replace(/[^a-z0-9]+/g, "");
  return rule.startsWithLetter && /^[0-9]/.test(spelled) ? `x${spelled}` : spelled;
}

function withHash(name: string, hashed: string, rule: NameRule): string {
  const hash = createHash("sha256").update(hashed).digest("hex").slice(0, hashLength);
  const separator = rule.alphabet.endsWith("-dash") ? "-" : "";
  const room = rule.maxLength - hashLength - separator.length;
  return `${name.slice(0, room).replace(/-+$/, "")}${separator}${hash}`;
}
