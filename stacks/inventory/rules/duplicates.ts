import type { FileProblem, Path } from "../../../lib/located-yaml/problem";
import { formatPropertyPath } from "../../../lib/property-path";

/** Things that must differ from each other, in the order of the file. */
export interface Claims {
  readonly file: string;
  /** What they are, in the plural: `sites`. */
  readonly what: string;
  readonly claims: readonly { readonly value: string; readonly path: Path }[];
}

/** A problem for each value that was there before, naming the first. Letter case does not make a difference. */
export function duplicates({ file, what, claims }: Claims): readonly FileProblem[] {
  const first = new Map<string, Path>();
  return claims.flatMap(({ value, path }) => {
    const key = value.toLowerCase();
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, path);
      return [];
    }
    return [{ file, path, message: `two ${what} have "${value}"; the other is ${formatPropertyPath(earlier)}` }];
  });
}
