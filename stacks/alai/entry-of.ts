import type { StackContext } from "../../components/context/stack-context";
import { refusal } from "../../lib/refusal";

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
    throw refusal(
      `environment "${environment}"`,
      [`${file} has nothing for it; it has ${Object.keys(entries).join(", ")}`],
      entries,
    );
  }
  return entry;
}
