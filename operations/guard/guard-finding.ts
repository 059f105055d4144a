/** The guards, by the name that an override is given under. */
export const guardNames = ["stateful", "blast-radius", "retention"] as const;
export type GuardName = (typeof guardNames)[number];

export const guardDescriptions: Readonly<Record<GuardName, string>> = {
  stateful: "Nothing that holds data is replaced or deleted",
  "blast-radius": "No change is larger than its environment allows",
  retention: "What is kept, or protected from deletion, stays so",
};

/** What a guard found in a plan. */
export interface GuardFinding {
  readonly guard: GuardName;
  /** The resource it is about; absent when it is about the plan as a whole. */
  readonly urn?: string;
  /** What would happen, and what forces it. */
  readonly message: string;
  /** What to do about it. */
  readonly remediation: string;
  /** Present when the resource goes, or may go with the next plan: whether the state still protects it from that. */
  readonly leaves?: "protected" | "let go of";
  /** Whether the inventory says that it leaves: it blocks nothing, and its message says why. Default: false. */
  readonly accepted?: boolean;
}
