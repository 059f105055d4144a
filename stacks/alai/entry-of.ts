import type { StackContext } from "../../components/context/stack-context";

/**
 * An environment's part of an inventory file.
 *
 * @throws when the file says nothing of the environment
 */
export function entryOf<Entry>(
  entries: Readonly<Record<string, Entry>>,
  { environment }: Pick<StackContext, "environment">,
  file: string,
): Entry {
  const entry = entries[environment];
  if (entry === undefined) {
    throw new Error(`${file} has nothing for "${environment}"; it has ${Object.keys(entries).join(", ")}`);
  }
  return entry;
}
