/**
 * The known word that was probably meant: one letter more, less, other, or two neighbours swapped, or the same word in other capitals.
 *
 * @returns the first such candidate, or undefined
 */
export function suggestion(word: string, candidates: readonly string[]): string | undefined {
  const spelled = word.toLowerCase();
  return candidates.find((candidate) => candidate !== word && isOneEditAway(spelled, candidate.toLowerCase()));
}

/** A message's ending for {@link suggestion}: `; did you mean "…"?` or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const meant = suggestion(word, candidates);
  return meant === undefined ? "" : `; did you mean "${meant}"?`;
}

function isOneEditAway(left: string, right: string): boolean {
  if (left === right) return true;
  if (Math.abs(left.length - right.length) > 1) return false;
  const start = commonPrefix(left, right);
  const [leftRest, rightRest] = [left.slice(start), right.slice(start)];
  const swapped = leftRest.charAt(1) + leftRest.charAt(0) + leftRest.slice(2);
  return (
    leftRest.slice(1) === rightRest ||
    leftRest === rightRest.slice(1) ||
    leftRest.slice(1) === rightRest.slice(1) ||
    (leftRest.length > 1 && swapped === rightRest)
  );
}

function commonPrefix(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length += 1;
  return length;
}
