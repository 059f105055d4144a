import type { Labelled, MetricSeries } from "./promql-evaluation";

/** A counter's growth a second: one that falls was started again. Source: Prometheus documentation, `rate()`. */
function rate(samples: MetricSeries["samples"]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || first[0] === last[0]) return undefined;
  const grown = samples
    .slice(1)
    .reduce(
      (sum, [, value], index) =>
        sum + (value < (samples[index]?.[1] ?? 0) ? value : value - (samples[index]?.[1] ?? 0)),
      0,
    );
  return grown / ((last[0] - first[0]) * 60);
}

/** What a function makes of a range of samples, and the range's minutes. */
export type OverRange = (samples: MetricSeries["samples"], minutes: number) => number | undefined;

const overTime =
  (aggregate: (values: readonly number[]) => number): OverRange =>
  (samples) =>
    samples.length === 0 ? undefined : aggregate(samples.map(([, value]) => value));

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

export const aggregates: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum,
  avg: (values) => sum(values) / values.length,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  count: (values) => values.length,
};

export const ofRanges: Readonly<Record<string, OverRange>> = {
  rate,
  increase: (samples, minutes) => {
    const perSecond = rate(samples);
    return perSecond === undefined ? undefined : perSecond * minutes * 60;
  },
  sum_over_time: overTime(sum),
  max_over_time: overTime((values) => Math.max(...values)),
  last_over_time: overTime((values) => values.at(-1) ?? Number.NaN),
  count_over_time: overTime((values) => values.length),
};

export const operators: Readonly<Record<string, (one: number, other: number) => number | boolean>> = {
  "+": (one, other) => one + other,
  "-": (one, other) => one - other,
  "*": (one, other) => one * other,
  "/": (one, other) => one / other,
  "==": (one, other) => one === other,
  "!=": (one, other) => one !== other,
  ">": (one, other) => one > other,
  ">=": (one, other) => one >= other,
  "<": (one, other) => one < other,
  "<=": (one, other) => one <= other,
};

/** A comparison keeps what it holds for, with its value and name; arithmetic gives a new value without a name. */
export function combined(
  operator: string,
  { labels, value }: Labelled,
  one: number,
  other: number,
): readonly Labelled[] {
  const result = operators[operator]?.(one, other);
  if (typeof result === "number") return [{ labels: nameless(labels), value: result }];
  return result === true ? [{ labels, value }] : [];
}

export function nameless({ __name__: _, ...labels }: Labelled["labels"]): Labelled["labels"] {
  return labels;
}

export function keyBy(on: readonly string[] | undefined): (each: Labelled) => string {
  return ({ labels }) => {
    const relevant = Object.entries(nameless(labels)).filter(([label]) => on === undefined || on.includes(label));
    return JSON.stringify(relevant.sort(([one], [other]) => (one < other ? -1 : 1)));
  };
}

export function groupBy(
  values: readonly Labelled[],
  key: (each: Labelled) => string,
): readonly (readonly Labelled[])[] {
  const groups = new Map<string, Labelled[]>();
  for (const each of values) groups.set(key(each), [...(groups.get(key(each)) ?? []), each]);
  return [...groups.values()];
}

/** Within a bucket values are taken to be spread evenly. Source: Prometheus documentation, `histogram_quantile()`. */
export function quantiles(quantile: number, buckets: readonly Labelled[]): readonly Labelled[] {
  const without = ({ le: _, ...labels }: Labelled["labels"]) => labels;
  const key = ({ labels, value }: Labelled) => keyBy(undefined)({ labels: without(labels), value });
  return groupBy(buckets, key).map((group) => {
    const bounds = group
      .map(({ labels, value }) => ({
        le: labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le),
        value,
      }))
      .sort((one, other) => one.le - other.le);
    const rank = quantile * (bounds.at(-1)?.value ?? 0);
    const index = bounds.findIndex(({ value }) => value >= rank);
    const [below, at] = [bounds[index - 1] ?? { le: 0, value: 0 }, bounds[index]];
    const isLast = at === undefined || at.le === Number.POSITIVE_INFINITY;
    const value = isLast ? below.le : below.le + ((at.le - below.le) * (rank - below.value)) / (at.value - below.value);
    return { labels: without(nameless(group[0]?.labels ?? {})), value };
  });
}
