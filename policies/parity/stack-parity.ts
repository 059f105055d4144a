import { dirname } from "node:path";
import { isRecord, mapping, type PolicyFileProblems, text } from "../policy-file";
import { readStackShape, type StackShape } from "./stack-shape";

/** With which stack another is compared, and where it may differ from it. */
export interface StackParity {
  /** The other stack, usually production. */
  readonly with: string;
  readonly differs: readonly DeclaredDifference[];
  /** The other stack's recorded settings; read when they are first asked for. */
  readonly shape: () => StackShape;
}

/** A difference that is meant: size, replicas, redundancy, retention, how something is reached. */
export interface DeclaredDifference {
  /** A current type token. */
  readonly type: string;
  /** A setting, or what contains settings. @example "sku" */
  readonly property: string;
  readonly reason: string;
}

const keys = ["with", "differs"];
const differenceKeys = ["type", "property", "reason"];

/** Reads `parity` of a stack's parameters. */
export function parityOf(
  value: unknown,
  parametersDirectory: string,
  problems: PolicyFileProblems,
): StackParity | undefined {
  if (value === undefined) return undefined;
  const content = mapping(value, "parity", keys, problems);
  const other = text(content, "with", "parity", problems);
  let known: StackShape | undefined;
  const shape = () => {
    known ??= readStackShape(dirname(parametersDirectory), other);
    return known;
  };
  return { with: other, differs: differences(content.differs, problems), shape };
}

function differences(value: unknown, problems: PolicyFileProblems): readonly DeclaredDifference[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    problems.add("parity.differs", "expected a list");
    return [];
  }
  return value.flatMap((entry: unknown, index) => {
    const path = `parity.differs[${index}]`;
    if (!isRecord(entry)) {
      problems.add(path, `expected a mapping with ${differenceKeys.join(", ")}`);
      return [];
    }
    const content = mapping(entry, path, differenceKeys, problems);
    const field = (key: string) => text(content, key, path, problems);
    return [{ type: field("type"), property: field("property"), reason: field("reason") }];
  });
}
