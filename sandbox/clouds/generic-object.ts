import type { TypeRule } from "./type-rule";

/** The rule for a type that nobody modelled: any inputs, an invented id, no computed outputs. */
export function genericObject(type: string): TypeRule {
  return { type, identity: { kind: "generated", id: (random) => random.hex(32) } };
}
