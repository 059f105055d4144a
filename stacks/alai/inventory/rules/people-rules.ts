import { previewEnvironment } from "../../../../components/delivery/delivery-plan";
import type { PeoplesRight } from "../../../../lib/azure/built-in-roles";
import { didYouMean } from "../../../../lib/closest-name";
import type { FileProblem } from "../../../../lib/located-yaml/problem";
import type { InventoryContents } from "../../../inventory/files";
import { duplicates } from "../../../inventory/rules/duplicates";
import { stackDefinitions } from "../../../registry";

const file = "pipelines.yaml";
/** With what all preview environments are in. */
const names = [...stackDefinitions.map(({ name }) => name), previewEnvironment];

/** Rights that people may hold where a reviewer lets changes in: what goes further is asked for, with a reason and for hours. */
const harmless: readonly PeoplesRight[] = ["read", "state"];

/** People have rights in stacks that there are, and at any time no right to change what a deployment changes after an approval only. */
export function rightsAreOfStacks({ pipelines, repositories }: InventoryContents): readonly FileProblem[] {
  const deploying = repositories.repositories.find(({ name }) => name === pipelines.repository);
  const reviewed = (stack: string) =>
    deploying?.environments.some(({ name, reviewers }) => name === stack && reviewers !== undefined) === true;
  return pipelines.people.flatMap(({ group, stacks, may, onRequest }, index): FileProblem[] => {
    const problem = (path: readonly (string | number)[], message: string) => ({
      file,
      path: ["people", index, ...path],
      message,
    });
    const unknown = stacks.flatMap((stack, at) =>
      names.includes(stack)
        ? []
        : [problem(["stacks", at], `no stack "${stack}" is in stacks/systems.yaml${didYouMean(stack, names)}`)],
    );
    const [production] = stacks.filter(reviewed);
    const tooMuch = may.flatMap((right, at) =>
      production === undefined || harmless.includes(right)
        ? []
        : [
            problem(
              ["may", at],
              `a reviewer lets changes of ${production} in; put "${right}" under onRequest, for some hours at a time`,
            ),
          ],
    );
    const nothing =
      [...may, ...onRequest].length === 0
        ? [problem([], `${group} would get nothing; say what under may or onRequest`)]
        : [];
    return [...unknown, ...tooMuch, ...nothing];
  });
}

/** A group has a right in a stack once: at any time, or on request. */
export function rightsAreGivenOnce({ pipelines }: InventoryContents): readonly FileProblem[] {
  const claims = pipelines.people.flatMap(({ group, stacks, ...given }, index) =>
    (["may", "onRequest"] as const).flatMap((how) =>
      given[how].flatMap((right, at) =>
        stacks.map((stack) => ({ value: `${right} in ${stack} for ${group}`, path: ["people", index, how, at] })),
      ),
    ),
  );
  return duplicates({ file, what: "people's rights", claims });
}
