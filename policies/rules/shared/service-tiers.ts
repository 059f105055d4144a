import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { isJsonObject } from "../../../lib/json-value";
import { got } from "../../../lib/located-yaml/messages";
import { PackFile } from "../../pack-file";

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
export function tiersOf(value: unknown, file: PackFile): Readonly<Record<string, Tier>> {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) {
    file.add(["tiers"], `expected a map of logical names to P0, P1 or P2${got(value)}`);
    return {};
  }
  const entries = Object.entries(value).flatMap(([name, given]): [string, Tier][] => {
    if (isTier(given)) return [[name, given]];
    file.add(["tiers", name], `expected P0, P1 or P2${got(given)}`);
    return [];
  });
  return Object.fromEntries(entries);
}

function isTier(value: unknown): value is Tier {
  return typeof value === "string" && Object.hasOwn(tierPromises, value);
}

/**
 * The tiers that an inventory of services gives them: `services: [{ name, tier }]`. It has its own schema, which the program checks; here
 * only what is read counts.
 *
 * @param inventory its file, from the directory of the parameters
 * @throws PolicyFileError with what is wrong with the inventory, at its place there
 */
export function inventoryTiers(inventory: unknown, directory: string, file: PackFile): Readonly<Record<string, Tier>> {
  if (inventory === undefined) return {};
  const path = typeof inventory === "string" ? join(directory, inventory) : "";
  if (typeof inventory !== "string" || !existsSync(path)) {
    file.add(
      ["tiersFrom"],
      `expected an inventory of services, from this file; there is no ${JSON.stringify(inventory)}`,
    );
    return {};
  }
  const services = new PackFile(posix.join("policies/parameters", inventory), readFileSync(path, "utf8"));
  const content = services.content();
  const entries: unknown = isJsonObject(content) ? content.services : undefined;
  if (!Array.isArray(entries)) {
    file.add(["tiersFrom"], `${JSON.stringify(inventory)} has no list of services`);
    return {};
  }
  const tiers = entries.flatMap((entry: unknown, index): [string, Tier][] => {
    if (!isJsonObject(entry)) return [];
    if (isTier(entry.tier)) return [[String(entry.name), entry.tier]];
    services.add(["services", index, "tier"], `expected P0, P1 or P2${got(entry.tier)}`);
    return [];
  });
  services.throwIfAny();
  return Object.fromEntries(tiers);
}
