import { parseDuration } from "../../../../lib/duration";
import { type PromqlNode, parsePromql } from "../../../../lib/promql";

/** A metric of one replica: its name is the label `__name__`. Samples are minutes, oldest first, and values. */
export interface MetricSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [minute: number, value: number])[];
}

/** One value of a result, by its labels. */
export interface Labelled {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A number, or values by labels. */
export type Result = number | readonly Labelled[];

/** Minutes after which a series that nobody measures any more has no value. Source: Prometheus documentation, "Staleness". */
const staleAfter = 5;

/** What an expression is asked of. */
interface Moment {
  readonly series: readonly MetricSeries[];
  readonly minute: number;
}

type Question<Answer = Result> = (moment: Moment) => Answer;

/** Expressions that were read. */
const read = new Map<string, Question>();

/**
 * Evaluates an expression of PromQL: the part of the language that the program's own rules are written in.
 *
 * @param minute when it is asked
 * @throws when the expression says something that this does not understand
 */
export function evaluatePromql(expression: string, series: readonly MetricSeries[], minute: number): Result {
  const question = read.get(expression) ?? new Reading(expression).value(parsePromql(expression).firstChild);
  read.set(expression, question);
  return question({ series, minute });
}

/** Makes a function of an expression. */
class Reading {
  constructor(private readonly expression: string) {}

  value(node: PromqlNode | null | undefined): Question {
    switch (node?.name) {
      case "ParenExpr":
        return this.value(node.firstChild);
      case "NumberDurationLiteral": {
        const number = Number(this.#text(node));
        return () => number;
      }
      case "VectorSelector": {
        const matching = this.#matching(node);
        return (moment) =>
          matching(moment).flatMap(({ labels, samples }) => {
            const newest = samples.findLast(([at]) => at <= moment.minute);
            const isStale = newest === undefined || newest[0] <= moment.minute - staleAfter;
            return isStale ? [] : [{ labels, value: newest[1] }];
          });
      }
      case "BinaryExpr":
        return this.#binary(node);
      case "AggregateExpr":
        return this.#aggregate(node);
      case "FunctionCall":
        return this.#call(node);
      default:
        throw this.#unknown(node);
    }
  }

  #values(node: PromqlNode | null | undefined): Question<readonly Labelled[]> {
    const question = this.value(node);
    return (moment) => {
      const found = question(moment);
      if (typeof found === "number") throw this.#unknown(node);
      return found;
    };
  }

  #text({ from, to }: Pick<PromqlNode, "from" | "to">): string {
    return this.expression.slice(from, to);
  }

  #unknown(node: PromqlNode | null | undefined): Error {
    return new Error(`the emulated metrics do not understand "${node ? this.#text(node) : this.expression}"`);
  }

  #matching(selector: PromqlNode): Question<readonly MetricSeries[]> {
    const identifier = selector.getChild("Identifier");
    const name = identifier === null ? undefined : this.#text(identifier);
    const matchers = selector.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? [];
    const tests = matchers.map((matcher) => {
      const [label = "", operator = "", quoted = ""] = childrenOf(matcher).map((part) => this.#text(part));
      const wanted = quoted.slice(1, -1);
      const pattern = operator.includes("~") ? new RegExp(`^(?:${wanted})$`) : undefined;
      const holds = (found: string) => (pattern === undefined ? found === wanted : pattern.test(found));
      return (labels: MetricSeries["labels"]) => holds(labels[label] ?? "") !== operator.startsWith("!");
    });
    return ({ series }) =>
      series.filter(
        ({ labels }) => (name === undefined || labels.__name__ === name) && tests.every((test) => test(labels)),
      );
  }

  #binary(node: PromqlNode): Question {
    const [left, operator, ...rest] = childrenOf(node);
    const [first, second] = [this.value(left), this.value(rest.at(-1))];
    const clause = node.getChild("MatchingModifierClause");
    const key = keyBy(clause?.getChildren("GroupingLabels").flatMap((labels) => this.#labels(labels)));
    const sign = operator === undefined ? "" : this.#text(operator);
    return (moment) => {
      const [one, other] = [first(moment), second(moment)];
      if (typeof one === "number" && typeof other === "number") return Number(operators[sign]?.(one, other));
      if (typeof other === "number" && typeof one !== "number")
        return one.flatMap((each) => combined(sign, each, each.value, other));
      if (typeof one === "number" && typeof other !== "number")
        return other.flatMap((each) => combined(sign, each, one, each.value));
      if (typeof one === "number" || typeof other === "number") throw this.#unknown(node);
      const partners = new Map(other.map((each) => [key(each), each]));
      if (sign === "and") return one.filter((each) => partners.has(key(each)));
      if (sign === "unless") return one.filter((each) => !partners.has(key(each)));
      if (sign === "or") {
        const known = new Set(one.map(key));
        return [...one, ...other.filter((each) => !known.has(key(each)))];
      }
      return one.flatMap((each) => {
        const partner = partners.get(key(each));
        return partner === undefined ? [] : combined(sign, each, each.value, partner.value);
      });
    };
  }

  #aggregate(node: PromqlNode): Question {
    const operator = node.getChild("AggregateOp");
    const modifier = node.getChild("AggregateModifier");
    const by = modifier?.getChildren("GroupingLabels").flatMap((labels) => this.#labels(labels)) ?? [];
    const aggregate = aggregates[operator === null ? "" : this.#text(operator)];
    const isWithout = modifier !== null && modifier.getChild("By") === null;
    if (aggregate === undefined || isWithout) throw this.#unknown(node);
    const values = this.#values(node.getChild("FunctionCallBody")?.firstChild);
    return (moment) =>
      groupBy(values(moment), keyBy(by)).map((group) => ({
        labels: Object.fromEntries(by.map((label) => [label, group[0]?.labels[label] ?? ""])),
        value: aggregate(group.map(({ value }) => value)),
      }));
  }

  #labels(grouping: PromqlNode): readonly string[] {
    return grouping.getChildren("LabelName").map((label) => this.#text(label));
  }

  #call(node: PromqlNode): Question {
    const identifier = node.getChild("FunctionIdentifier");
    const name = identifier === null ? "" : this.#text(identifier);
    const [first, second] = childrenOf(node.getChild("FunctionCallBody"));
    const over = ofRanges[name];
    if (over !== undefined && first?.name === "MatrixSelector") return this.#overRange(first, over);
    switch (name) {
      case "vector": {
        const question = this.value(first);
        return (moment) => [{ labels: {}, value: Number(question(moment)) }];
      }
      case "absent": {
        const values = this.#values(first);
        return (moment) => (values(moment).length > 0 ? [] : [{ labels: {}, value: 1 }]);
      }
      case "histogram_quantile": {
        const [quantile, buckets] = [this.value(first), this.#values(second)];
        return (moment) => quantiles(Number(quantile(moment)), buckets(moment));
      }
      default:
        throw this.#unknown(node);
    }
  }

  #overRange(selector: PromqlNode, over: OverRange): Question {
    const [vector, duration] = childrenOf(selector);
    const minutes = (parseDuration(duration === undefined ? "" : this.#text(duration)) ?? 0) / 60;
    if (vector === undefined || minutes === 0) throw this.#unknown(selector);
    const matching = this.#matching(vector);
    return (moment) =>
      matching(moment).flatMap(({ labels, samples }) => {
        const within = samples.filter(([at]) => at > moment.minute - minutes && at <= moment.minute);
        const value = over(within, minutes);
        return value === undefined ? [] : [{ labels: nameless(labels), value }];
      });
  }
}

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

type OverRange = (samples: MetricSeries["samples"], minutes: number) => number | undefined;

const overTime =
  (aggregate: (values: readonly number[]) => number): OverRange =>
  (samples) =>
    samples.length === 0 ? undefined : aggregate(samples.map(([, value]) => value));

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const aggregates: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum,
  avg: (values) => sum(values) / values.length,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  count: (values) => values.length,
};

const ofRanges: Readonly<Record<string, OverRange>> = {
  rate,
  increase: (samples, minutes) => {
    const perSecond = rate(samples);
    return perSecond === undefined ? undefined : perSecond * minutes * 60;
  },
  sum_over_time: overTime(sum),
  max_over_time: overTime((values) => Math.max(...values)),
};

const operators: Readonly<Record<string, (one: number, other: number) => number | boolean>> = {
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
function combined(operator: string, { labels, value }: Labelled, one: number, other: number): readonly Labelled[] {
  const result = operators[operator]?.(one, other);
  if (typeof result === "number") return [{ labels: nameless(labels), value: result }];
  return result === true ? [{ labels, value }] : [];
}

function nameless({ __name__: _, ...labels }: Labelled["labels"]): Labelled["labels"] {
  return labels;
}

function keyBy(on: readonly string[] | undefined): (each: Labelled) => string {
  return ({ labels }) => {
    const relevant = Object.entries(nameless(labels)).filter(([label]) => on === undefined || on.includes(label));
    return JSON.stringify(relevant.sort(([one], [other]) => (one < other ? -1 : 1)));
  };
}

function groupBy(values: readonly Labelled[], key: (each: Labelled) => string): readonly (readonly Labelled[])[] {
  const groups = new Map<string, Labelled[]>();
  for (const each of values) groups.set(key(each), [...(groups.get(key(each)) ?? []), each]);
  return [...groups.values()];
}

/** Within a bucket values are taken to be spread evenly. Source: Prometheus documentation, `histogram_quantile()`. */
function quantiles(quantile: number, buckets: readonly Labelled[]): readonly Labelled[] {
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

function childrenOf(node: PromqlNode | null): readonly PromqlNode[] {
  const children: PromqlNode[] = [];
  for (let child = node?.firstChild ?? null; child !== null; child = child.nextSibling) children.push(child);
  return children;
}
