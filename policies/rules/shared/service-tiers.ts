import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isRecord, type PolicyFileProblems, parsePolicyFile } from "../../pack-file";

/** How much a service matters. */
export type Tier = "P0" | "P1" | "P2";

/** What a tier promises: how much may be lost, and how long it may be away, in minutes. Source: the systems' recovery plan. */
export const tierPromises: Readonly<Record<Tier, { readonly lostMinutes: number; readonly awayMinutes: number }>> = {
  P0: { lostMinutes: 0, awayMinutes: 15 },
  P1: { lostMinutes: 60, awayMinutes: 4 * 60 },
  P2: { lostMinutes: 24 * 60, awayMinutes: 24 * 60 },
};

/** The tier of a logical name, or undefined when none is declared. An exact name goes before one with `*`. */
export function tierOf(name: string, tiers: Readonly<Record<string, Tier>>): Tier | undefined {
  if (Object.hasOwn(tiers, name)) return tiers[name];
  const pattern = Object.keys(tiers).find((key) => key.endsWith("*") && name.startsWith(key.slice(0, -1)));
  return pattern === undefined ? undefined : tiers[pattern];
}

/** Reads the tiers of a stack's parameters. */
export function tiersOf(value: unknown, problems: PolicyFileProblems): Readonly<Record<string, Tier>> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) {
    problems.add("tiers", "expected a mapping of logical names to P0, P1 or P2");
    return {};
  }
  const entries = Object.entries(value).flatMap(([name, given]): [string, Tier][] => {
    if (given === "P0" || given === "P1" || given === "P2") return [[name, given]];
    problems.add(`tiers.${name}`, `expected P0, P1 or P2, got ${JSON.stringify(given)}`);
    return [];
  });
  return Object.fromEntries(entries);
}

/**
 * The tiers that an inventory of services gives them: `services: [{ name, tier }]`. It has its own schema, which the program checks; here
 * only what is read counts.
 *
 * @param file from the directory of the parameters
 */
export function inventoryTiers(
  file: unknown,
  directory: string,
  problems: PolicyFileProblems,
): Readonly<Record<string, Tier>> {
  if (file === undefined) return {};
  const path = typeof file === "string" ? join(directory, file) : "";
  if (!existsSync(path)) {
    problems.add("tiersFrom", `expected an inventory of services, from this file; there is no ${JSON.stringify(file)}`);
    return {};
  }
  const content = parsePolicyFile(readFileSync(path, "utf8"), problems);
  const services: unknown = isRecord(content) ? content.services : undefined;
  if (!Array.isArray(services)) {
    problems.add("tiersFrom", `${JSON.stringify(file)} has no list of services`);
    return {};
  }
  const entries = services.filter(isRecord).map(({ name, tier }) => [String(name), tier] as const);
  return tiersOf(Object.fromEntries(entries), problems);
}
