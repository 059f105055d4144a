/** Something that an inventory says leaves: a component, by the type token and the logical name that plans know it by. */
export interface Departure {
  readonly type: string;
  readonly name: string;
  /** Why, as the inventory says. */
  readonly reason: string;
  /** Where it says so. @example "stacks/alai/inventory/sites.yaml" */
  readonly file: string;
}

/** What leaves a system, and how its things leave. */
export interface Departures {
  readonly said: readonly Departure[];
  /** What to do so that a component may leave, by its type token: a sentence for whoever tried without. */
  readonly ways: Readonly<Record<string, string>>;
}
