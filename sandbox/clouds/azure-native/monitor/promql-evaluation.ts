import { parseDuration } from "../../../../lib/duration";
import { type PromqlNode, parsePromql } from "../../../../lib/promql";
import {
  aggregates,
  combined,
  groupBy,
  keyBy,
  nameless,
  type OverRange,
  ofRanges,
  operators,
  quantiles,
} from "./promql-functions";

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
  /** What was found for earlier minutes: ranges of one expression overlap. */
  readonly found: Map<Question, Map<number, readonly Labelled[]>>;
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
  return question({ series, minute, found: new Map() });
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
    if (over !== undefined && first?.name === "SubqueryExpr") return this.#overSubquery(first, over);
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

  #minutes(duration: PromqlNode | undefined): number {
    return (parseDuration(duration === undefined ? "" : this.#text(duration)) ?? 0) / 60;
  }

  /** An expression in each whole step of a range. */
  #overSubquery(node: PromqlNode, over: OverRange): Question {
    const [inner, range, resolution] = childrenOf(node);
    const [minutes, step] = [this.#minutes(range), this.#minutes(resolution)];
    if (minutes === 0 || step === 0) throw this.#unknown(node);
    const values = this.#values(inner);
    return (moment) => {
      const known = moment.found.get(values) ?? new Map<number, readonly Labelled[]>();
      moment.found.set(values, known);
      const samples = new Map<string, { labels: Labelled["labels"]; samples: [number, number][] }>();
      for (let at = Math.floor(moment.minute / step) * step; at > moment.minute - minutes; at -= step) {
        const then = known.get(at) ?? values({ ...moment, minute: at });
        known.set(at, then);
        for (const { labels, value } of then) {
          const key = JSON.stringify(labels);
          const one = samples.get(key) ?? { labels, samples: [] };
          one.samples.unshift([at, value]);
          samples.set(key, one);
        }
      }
      return [...samples.values()].flatMap((one) => {
        const value = over(one.samples, minutes);
        return value === undefined ? [] : [{ labels: nameless(one.labels), value }];
      });
    };
  }

  #overRange(selector: PromqlNode, over: OverRange): Question {
    const [vector, duration] = childrenOf(selector);
    const minutes = this.#minutes(duration);
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

function childrenOf(node: PromqlNode | null): readonly PromqlNode[] {
  const children: PromqlNode[] = [];
  for (let child = node?.firstChild ?? null; child !== null; child = child.nextSibling) children.push(child);
  return children;
}
