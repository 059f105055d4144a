import type { Goal, ReadGoal } from "./goal";
import type { ResourceState } from "./resource-state";

/** A registration that waits for its answer. */
export interface Registration {
  readonly goal: Goal;
  readonly answer: (state: ResourceState) => void;
}

export interface ReadRegistration {
  readonly goal: ReadGoal;
  readonly answer: (state: ResourceState) => void;
}
