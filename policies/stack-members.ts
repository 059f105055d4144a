import { allOf, anyOf, type RuleOutcome, violation } from "./outcome";
import type { StackMember } from "./rule";

/** The resources of a stack, by type. */
export class StackMembers {
  private readonly byType = new Map<string, StackMember[]>();

  /** @param all with current type tokens */
  constructor(readonly all: readonly StackMember[]) {
    for (const member of all) {
      const same = this.byType.get(member.type);
      if (same === undefined) this.byType.set(member.type, [member]);
      else same.push(member);
    }
  }

  get types(): Iterable<string> {
    return this.byType.keys();
  }

  ofType(type: string): readonly StackMember[] {
    return this.byType.get(type) ?? [];
  }
}

/** What must be there beside a resource. */
export interface Companion {
  readonly type: string;
  /** The input property by which it refers to the resource. */
  readonly property: string;
  /** What is wrong when there is none, to be read after the resource's name. */
  readonly missing: string;
  /** Whether one that is there will do. Default: any does. */
  readonly accepts?: (companion: StackMember) => RuleOutcome;
}

/** Requires a resource of another type that refers to this one. One that will do is enough. */
export function requireCompanion(subject: StackMember, members: StackMembers, wanted: Companion): RuleOutcome {
  const found = members.ofType(wanted.type).filter((member) => member.sources(wanted.property).includes(subject.urn));
  if (found.length === 0) return violation("it", wanted.missing);
  return anyOf(found.map((companion) => wanted.accepts?.(companion) ?? allOf([])));
}
