/**
 * The known name that was probably meant: at most two edits away, one for names of less than five characters; capitals do not count.
 * Of several equally near ones the one whose digits are nearest: `P2` for `P3`, and not `P0`.
 *
 * @returns undefined when no name is near
 */
export function closestName(name: string, known: Iterable<string>): string | undefined {
  const limit = name.length < 5 ? 1 : 2;
  const near = [...known]
    .filter((candidate) => candidate !== name)
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort(
      (left, right) =>
        left.distance - right.distance || digitDistance(name, left.candidate) - digitDistance(name, right.candidate),
    );
  return near[0]?.candidate;
}

/** A message's ending for {@link closestName}: `; did you mean "tier"?` or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const closest = closestName(name, known);
  return closest === undefined ? "" : `; did you mean "${closest}"?`;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const substitution = at(previous, column - 1) + (left[row - 1] === right[column - 1] ? 0 : 1);
      let cost = Math.min(at(previous, column) + 1, at(current, column - 1) + 1, substitution);
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && swapped) cost = Math.min(cost, at(beforePrevious, column - 2) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, right.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}

function digitDistance(left: string, right: string): number {
  const [one, other] = [left, right].map((name) => Number(/\d+/.exec(name)?.[0] ?? Number.NaN));
  const distance = Math.abs((one ?? Number.NaN) - (other ?? Number.NaN));
  return Number.isNaN(distance) ? Number.MAX_VALUE : distance;
}
