import { databaseNames, type Host, names } from "./pair-host";
import type { PairWorld } from "./pair-world";

/** What must never be, at any moment. */
export function wrongs(world: PairWorld): readonly string[] {
  const hosts = names.map((name) => world.hosts[name]);
  const primaries = hosts.filter(({ memory }) => memory.role === "primary");
  const terms = primaries.map(({ memory }) => memory.term);
  const newest = primaries.find(({ memory }) => memory.term === world.lease?.term);
  const kept = [
    ...hosts.flatMap(({ own, aside }) => [...own.values(), ...aside].flatMap(({ rows }) => rows)),
    ...world.store.rows(),
  ];
  const lost = without(world.written, kept);
  const missing = newest === undefined ? [] : without([...world.sent], rowsOf(newest));
  return [
    ...world.violations,
    ...(new Set(terms).size < terms.length ? [`two primaries in term ${terms[0]}`] : []),
    ...(lost.length > 0 ? [`rows ${lost.join(", ")} are nowhere`] : []),
    ...(missing.length > 0 ? [`the primary serves without rows ${missing.join(", ")}, which were sent`] : []),
  ];
}

/** What must not be when the pair has come to rest. */
export function disagreements({ lease, hosts, written }: PairWorld): readonly string[] {
  const [primary, standby] = lease?.primary === "forge" ? [hosts.forge, hosts.anvil] : [hosts.anvil, hosts.forge];
  const wanted = lease?.phase.kind === "serving" ? "primary" : "fenced";
  const told = names.flatMap((name) => hosts[name].aside.filter(({ unsent }) => unsent !== "none"));
  const untold = without(written, [...rowsOf(primary), ...told.flatMap(({ rows }) => rows)]);
  const differing = databaseNames.filter(
    (database) => String(standby.copies.get(database)?.rows) !== String(primary.own.get(database)?.rows),
  );
  return [
    ...(primary.memory.role === wanted ? [] : [`the primary is ${primary.memory.role}, not ${wanted}`]),
    ...(standby.memory.role === "standby" ? [] : [`the standby is ${standby.memory.role}`]),
    ...(standby.own.size === 0 ? [] : ["the standby has databases of its own"]),
    ...differing.map((database) => `the standby's copy of ${database} is not what the primary has`),
    ...(untold.length === 0
      ? []
      : [`the primary does not have rows ${untold.join(", ")}, and nobody is told that they were set aside`]),
  ];
}

function rowsOf({ own }: Host): readonly number[] {
  return [...own.values()].flatMap(({ rows }) => rows);
}

function without(rows: readonly number[], known: readonly number[]): readonly number[] {
  const set = new Set(known);
  return rows.filter((row) => !set.has(row));
}
