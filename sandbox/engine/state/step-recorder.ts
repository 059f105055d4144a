import type { ResourceStep } from "../plan/step";

/** Keeps the state up to date as steps are applied. */
export interface StepRecorder {
  /** Called before a step; returns when its intent is safe. The result goes to {@link end}. */
  begin(step: ResourceStep): Promise<PendingStep>;
  end(step: ResourceStep, pending: PendingStep, outcome: StepOutcome): void;
}

/** Whether a step did what it was to do. After `unknown` it stays pending, and the next operation asks the provider. */
export type StepOutcome = "done" | "not-done" | "unknown";

/** A step whose outcome is not known yet; `undefined` where none was noted. */
export type PendingStep = number | undefined;

/** For previews, which leave no trace. */
export const noRecorder: StepRecorder = {
  begin: async () => undefined,
  end: () => {},
};
