import type { StepEventMetadata } from "@pulumi/pulumi/automation";

/** An option of a resource that the program gives another value than the state has. */
export interface OptionChange {
  readonly option: "protect" | "retainOnDelete";
  readonly before: boolean;
  readonly after: boolean;
}

/**
 * The options that a step changes beside the properties. The engine calls a step that changes nothing else `same`: its events show the
 * options before and after, and the state takes the new ones over.
 */
export function optionChanges({ old, new: next }: Pick<StepEventMetadata, "old" | "new">): readonly OptionChange[] {
  if (old === undefined || old === null || next === undefined || next === null) return [];
  return (["protect", "retainOnDelete"] as const)
    .map((option) => ({ option, before: old[option] === true, after: next[option] === true }))
    .filter(({ before, after }) => before !== after);
}

/** `protect: true => false` */
export function optionChangeText({ option, before, after }: OptionChange): string {
  return `${option}: ${before} => ${after}`;
}
