import type { OpType } from "@pulumi/pulumi/automation";
import type { Role } from "./terminal";

export interface OperationWords {
  /** Two characters, as the Pulumi CLI prints them. */
  readonly symbol: string;
  readonly role: Role;
  /** What a preview says: `create`. */
  readonly plan: string;
  /** While it runs: `creating`. */
  readonly present: string;
  /** When it is done: `created`. */
  readonly past: string;
}

const same: OperationWords = { symbol: "  ", role: "dim", plan: "", present: "checking", past: "unchanged" };
const discard: OperationWords = {
  symbol: "< ",
  role: "delete",
  plan: "discard",
  present: "discarding",
  past: "discarded",
};

/** Symbols, colours and words of the operations, as the Pulumi CLI uses them. */
export const operationWords: Readonly<Record<OpType, OperationWords>> = {
  same,
  create: { symbol: "+ ", role: "create", plan: "create", present: "creating", past: "created" },
  update: { symbol: "~ ", role: "update", plan: "update", present: "updating", past: "updated" },
  delete: { symbol: "- ", role: "delete", plan: "delete", present: "deleting", past: "deleted" },
  replace: { symbol: "+-", role: "replace", plan: "replace", present: "replacing", past: "replaced" },
  "create-replacement": {
    symbol: "++",
    role: "create",
    plan: "create replacement",
    present: "creating replacement",
    past: "created replacement",
  },
  "delete-replaced": {
    symbol: "--",
    role: "delete",
    plan: "delete original",
    present: "deleting original",
    past: "deleted original",
  },
  read: { symbol: "> ", role: "read", plan: "read", present: "reading", past: "read" },
  "read-replacement": { symbol: ">>", role: "replace", plan: "read", present: "reading", past: "read" },
  refresh: { symbol: "~ ", role: "update", plan: "refresh", present: "refreshing", past: "refreshed" },
  discard,
  "discard-replaced": { ...discard, symbol: "<<" },
  "remove-pending-replace": { ...discard, symbol: "~ " },
  import: { symbol: "= ", role: "read", plan: "import", present: "importing", past: "imported" },
  "import-replacement": { symbol: "=>", role: "read", plan: "import", present: "importing", past: "imported" },
};
