import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  askForHandover,
  cancelHandover,
  fence,
  firstLease,
  type Lease,
  nextTerm,
} from "../../../programs/host/lease/lease";
import { LeaseDocumentError, parseLease, printLease } from "../../../programs/host/lease/lease-document";

const now = "2026-11-21T11:04:05.678Z";
const first = firstLease("anvil", now);
const second = nextTerm(first, "forge", "anvil is gone", "2026-11-21T12:00:00.000Z");
const positions = { tasks: "000000000000000a", "email-index": "0000000000000001" };
const all: readonly Lease[] = [
  first,
  second,
  askForHandover(second, "anvil", now),
  fence(second, "anvil", positions, now),
  cancelHandover(fence(second, "anvil", positions, now)),
];

function problemsOf(text: string): string {
  try {
    parseLease(text);
  } catch (error) {
    if (error instanceof LeaseDocumentError) return error.message;
    throw error;
  }
  return "";
}

describe("the lease's document", () => {
  it.each(all)("is read as it was written: term $term, $phase.kind", (lease) => {
    expect(parseLease(printLease(lease))).toEqual(lease);
  });

  it("names everything that is wrong, all at once", () => {
    const wrong = {
      ...second,
      term: 0,
      primary: "",
      path: "../x",
      takenAt: "yesterday",
      phase: { kind: "x" },
      more: 1,
    };
    const said = problemsOf(JSON.stringify(wrong));
    for (const field of ["term", "primary", "path", "takenAt", "phase.kind", "more", "previous.term"]) {
      expect(said).toContain(`  ${field}: `);
    }
  });

  it("refuses another version, positions that are none, and a previous term that is not earlier", () => {
    expect(problemsOf(JSON.stringify({ ...first, version: 2 }))).toContain("version: expected 1, got 2");
    const phase = { kind: "fenced", to: "forge", at: now, positions: { tasks: "12" } };
    expect(problemsOf(JSON.stringify({ ...first, phase }))).toContain("phase.positions.tasks");
    expect(problemsOf(JSON.stringify({ ...second, previous: { ...second.previous, term: 2 } }))).toContain(
      "previous.term",
    );
  });

  it("refuses what was cut off or changed anywhere in its frame", () => {
    const text = printLease(second);
    fc.assert(
      fc.property(fc.nat({ max: text.length - 3 }), (length) => {
        expect(() => parseLease(text.slice(0, length))).toThrow(LeaseDocumentError);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a new term", () => {
  it("counts up, names the one before, and has a path that no host and no other term has", () => {
    const paths = [first, second, nextTerm(first, "anvil", "x", now), nextTerm(second, "forge", "x", now)].map(
      (lease) => lease.path,
    );
    expect(new Set(paths).size).toBe(paths.length);
    expect(second.term).toBe(2);
    expect(second.previous).toEqual({ term: 1, primary: "anvil", path: first.path });
    expect(second.path).toBe("litestream/term-2-forge-20261121T120000Z");
  });
});
