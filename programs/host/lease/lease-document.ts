import type { Lease, LeasePhase } from "./lease";

/** The stored lease is not one that this program wrote. No host may act on it; the message names every field that is wrong. */
export class LeaseDocumentError extends Error {
  override name = "LeaseDocumentError";
}

/** The lease as it is stored: JSON, one field a line, for whoever has to read it in an emergency. */
export function printLease(lease: Lease): string {
  return `${JSON.stringify(lease, undefined, 2)}\n`;
}

/**
 * Reads a stored lease.
 *
 * Strict, because a misread lease makes two primaries: unknown fields and versions are errors too.
 *
 * @throws LeaseDocumentError
 */
export function parseLease(text: string): Lease {
  const problems: string[] = [];
  const lease = leaseOf(jsonOf(text), problems);
  if (problems.length > 0)
    throw new LeaseDocumentError(`the lease is corrupt:\n${problems.map((p) => `  ${p}`).join("\n")}`);
  return lease;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LeaseDocumentError(`the lease is corrupt: no JSON (${error instanceof Error ? error.message : error})`);
  }
}

function leaseOf(value: unknown, problems: string[]): Lease {
  const at = new Fields(value, "", problems);
  at.onlyKnows(["version", "term", "primary", "path", "takenAt", "reason", "phase", "previous"]);
  if (at.value("version") !== 1) problems.push(`version: expected 1, got ${JSON.stringify(at.value("version"))}`);
  const previous = at.value("previous");
  return {
    version: 1,
    term: at.term("term"),
    primary: at.text("primary"),
    path: at.path("path"),
    takenAt: at.time("takenAt"),
    reason: at.text("reason"),
    phase: phaseOf(at.value("phase"), problems),
    ...(previous === undefined ? {} : { previous: previousOf(previous, at.term("term"), problems) }),
  };
}

function previousOf(value: unknown, term: number, problems: string[]): NonNullable<Lease["previous"]> {
  const at = new Fields(value, "previous.", problems);
  at.onlyKnows(["term", "primary", "path"]);
  const previous = { term: at.term("term"), primary: at.text("primary"), path: at.path("path") };
  if (previous.term >= term) problems.push(`previous.term: expected less than ${term}, got ${previous.term}`);
  return previous;
}

function phaseOf(value: unknown, problems: string[]): LeasePhase {
  const at = new Fields(value, "phase.", problems);
  const kind = at.value("kind");
  switch (kind) {
    case "serving":
      at.onlyKnows(["kind"]);
      return { kind };
    case "handover":
      at.onlyKnows(["kind", "to", "askedAt"]);
      return { kind, to: at.text("to"), askedAt: at.time("askedAt") };
    case "fenced":
      at.onlyKnows(["kind", "to", "at", "positions"]);
      return { kind, to: at.text("to"), at: at.time("at"), positions: positionsOf(at.value("positions"), problems) };
    default:
      problems.push(`phase.kind: expected serving, handover or fenced, got ${JSON.stringify(kind)}`);
      return { kind: "serving" };
  }
}

function positionsOf(value: unknown, problems: string[]): Readonly<Record<string, string>> {
  const at = new Fields(value, "phase.positions.", problems);
  const names = Object.keys(at.record);
  for (const name of names) {
    const position = at.value(name);
    if (typeof position !== "string" || !/^[0-9a-f]{16}$/.test(position)) {
      problems.push(`phase.positions.${name}: expected 16 hexadecimal digits, got ${JSON.stringify(position)}`);
    }
  }
  return Object.fromEntries(names.map((name) => [name, String(at.value(name))]));
}

/** The fields of one object; what is wrong with them is added to the problems. */
class Fields {
  readonly record: Readonly<Record<string, unknown>>;

  constructor(
    value: unknown,
    private readonly prefix: string,
    private readonly problems: string[],
  ) {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isObject) problems.push(`${prefix.replace(/\.$/, "") || "the document"}: expected an object`);
    this.record = isObject ? Object.fromEntries(Object.entries(value)) : {};
  }

  value(name: string): unknown {
    return this.record[name];
  }

  onlyKnows(names: readonly string[]): void {
    for (const name of Object.keys(this.record)) {
      if (!names.includes(name)) this.problems.push(`${this.prefix}${name}: unknown field`);
    }
  }

  text(name: string): string {
    return this.check(name, (value) => value !== "", "a text");
  }

  /** Relative and without `..`: it is put between a container and a database's name. */
  path(name: string): string {
    return this.check(
      name,
      (value) => /^[\w.-]+(\/[\w.-]+)*$/.test(value) && !value.includes(".."),
      "a path such as a/b",
    );
  }

  time(name: string): string {
    return this.check(
      name,
      (value) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && !Number.isNaN(Date.parse(value)),
      "a time in UTC such as 2026-11-21T11:04:05.000Z",
    );
  }

  term(name: string): number {
    const value = this.record[name];
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
    this.problems.push(`${this.prefix}${name}: expected a whole number from 1, got ${JSON.stringify(value)}`);
    return 0;
  }

  private check(name: string, isRight: (value: string) => boolean, expected: string): string {
    const value = this.record[name];
    if (typeof value === "string" && isRight(value)) return value;
    this.problems.push(`${this.prefix}${name}: expected ${expected}, got ${JSON.stringify(value)}`);
    return "";
  }
}
