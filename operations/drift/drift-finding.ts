/** What was compared with what. */
export type DriftComparison = "cloud" | "program" | "unmanaged";

/** How two sides differ. */
export type DriftKind =
  /** The cloud's value is not the state's. */
  | "changed"
  /** As `changed`, and nothing but tags differs. */
  | "retagged"
  /** As `changed`, and nothing but secrets differs; what they are is never shown. */
  | "secret-changed"
  /** In the state, and no longer in the cloud. */
  | "deleted"
  /** In the program, and not in the state. */
  | "undeployed"
  /** The program wants other values than the state has. */
  | "outdated"
  /** In the state, and no longer in the program. */
  | "undeclared"
  /** A failover name that does not point at the lease's primary. */
  | "misdirected"
  /** In the program's groups, zones or tailnet, and in no stack's state. */
  | "unmanaged";

export const comparisonOf: Readonly<Record<DriftKind, DriftComparison>> = {
  changed: "cloud",
  retagged: "cloud",
  "secret-changed": "cloud",
  deleted: "cloud",
  misdirected: "cloud",
  undeployed: "program",
  outdated: "program",
  undeclared: "program",
  unmanaged: "unmanaged",
};

/** What a person is told about a kind. */
export const kindWords: Readonly<Record<DriftKind, string>> = {
  changed: "changed in the cloud",
  retagged: "tags changed in the cloud",
  "secret-changed": "secret changed in the cloud",
  deleted: "gone from the cloud",
  misdirected: "does not point at the lease's primary",
  undeployed: "declared, not deployed",
  outdated: "program and state differ",
  undeclared: "deployed, no longer declared",
  unmanaged: "managed by nobody",
};

/** One property that differs. Texts are as the display shows them; those of secrets are always `[secret]`. */
export interface PropertyChange {
  /** For example `tags.Owner` or `ipRules[0].value`. */
  readonly path: string;
  /** The state's value; absent when it had none. */
  readonly before: string | undefined;
  /** The cloud's value, or the program's; absent when it has none. */
  readonly after: string | undefined;
}

/** `security`: it lets somebody in who was kept out. Everything else is `ordinary`. */
export type DriftSeverity = "security" | "ordinary";

export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

/** One difference that is reported. */
export interface DriftFinding {
  readonly kind: DriftKind;
  readonly severity: DriftSeverity;
  /** The resource's URN; absent for objects that no stack manages. */
  readonly urn: string | undefined;
  readonly type: string;
  readonly name: string;
  /** The cloud's id; empty for what is not deployed. */
  readonly id: string;
  readonly properties: readonly PropertyChange[];
  /** Policies that the actual values break and the known ones did not: `rule: what is wrong`. */
  readonly broken: readonly string[];
  /** How to keep the difference: change the program or import it. */
  readonly accept: string;
  /** How to undo the difference. */
  readonly revert: string;
  /** The place in the inventory or program that declares the resource. */
  readonly declaredAt: SourceLine | undefined;
}

/** A difference before policies and the noise list are applied. */
export type DriftDifference = Omit<DriftFinding, "severity" | "broken" | "accept" | "revert" | "declaredAt">;
