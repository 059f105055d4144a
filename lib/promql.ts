import type { parser as PromqlParser } from "@prometheus-io/lezer-promql";

type Tree = ReturnType<typeof PromqlParser.parse>;
/** A part of an expression, by the names of Prometheus' own grammar. */
export type PromqlNode = Tree["topNode"];

/** Functions of a range of samples, such as `x[5m]`; every other function takes values of one moment. */
const ofRanges = /^(rate|irate|increase|delta|idelta|deriv|changes|resets|predict_linear|\w+_over_time)$/;

/**
 * The tree of an expression, read with the grammar that Prometheus' own editor uses.
 *
 * Loaded when the first expression is read: most commands read none.
 */
export function parsePromql(expression: string): PromqlNode {
  const { parser } = require("@prometheus-io/lezer-promql") as typeof import("@prometheus-io/lezer-promql");
  return parser.parse(expression).topNode;
}

/** What is wrong with an expression; undefined when Prometheus can evaluate it. */
export function promqlProblem(expression: string): string | undefined {
  const text = ({ from, to }: Pick<PromqlNode, "from" | "to">) => expression.slice(from, to);
  const problems: string[] = [];
  let unread: number | undefined;
  parsePromql(expression)
    .cursor()
    .iterate(({ type, name, from, node }) => {
      if (type.isError) unread ??= from;
      // Expressions are put into others, in parentheses: what follows a comment would be part of it.
      if (name === "LineComment") problems.push(`"${text(node)}" is a comment; say it in YAML, beside the expression`);
      if (name === "FunctionCall") problems.push(...argumentProblems(node, text));
      if (name === "MatrixSelector" && node.parent?.parent?.name !== "FunctionCall")
        problems.push(`${text(node)} is a range of samples, which only functions such as rate() take`);
    });
  if (unread === undefined) return problems[0];
  const rest = expression.slice(unread).trim();
  const what = rest === "" ? "something is missing at its end" : `"${rest}" cannot be read`;
  return `expected an expression of PromQL; ${what}`;
}

function argumentProblems(call: PromqlNode, text: (node: PromqlNode) => string): readonly string[] {
  const name = call.getChild("FunctionIdentifier");
  const body = call.getChild("FunctionCallBody");
  if (name === null || body === null || body.firstChild === null) return [];
  const ranges = [...body.getChildren("MatrixSelector"), ...body.getChildren("SubqueryExpr")].length;
  if (ofRanges.test(text(name)) === ranges > 0) return [];
  const wanted = ranges > 0 ? "values of one moment, not a range of samples" : "a range of samples, such as [5m]";
  return [`${text(name)}() takes ${wanted}: ${text(call)}`];
}

/** The values that an expression asks a label for by `=`. @example labelsAsked('up{job="api"} == 0', "job") // ["api"] */
export function labelsAsked(expression: string, label: string): readonly string[] {
  const found: string[] = [];
  parsePromql(expression)
    .cursor()
    .iterate(({ name, node }) => {
      if (name !== "UnquotedLabelMatcher") return;
      const [left, operator, right] = ["LabelName", "MatchOp", "StringLiteral"].map((part) => node.getChild(part));
      const read = (part: PromqlNode | null | undefined) => (part ? expression.slice(part.from, part.to) : "");
      if (read(left) === label && read(operator) === "=") found.push(read(right).slice(1, -1));
    });
  return found;
}

/**
 * What an expression compares with a number, and the number; undefined when it compares nothing, or with something else.
 *
 * @example comparedWith("a / b > 0.05") // { left: "a / b", operator: ">", value: 0.05 }
 */
export function comparedWith(
  expression: string,
): { readonly left: string; readonly operator: string; readonly value: number } | undefined {
  const compared = parsePromql(expression).getChild("BinaryExpr");
  const [left, right] = [compared?.firstChild, compared?.lastChild];
  if (!compared || !left || !right || right.name !== "NumberDurationLiteral") return undefined;
  const isComparison = ["Gtr", "Gte", "Lss", "Lte", "Eql", "Neq"].some(
    (operator) => compared.getChild(operator) !== null,
  );
  if (!isComparison) return undefined;
  return {
    left: expression.slice(left.from, left.to).trim(),
    operator: expression.slice(left.to, right.from).trim(),
    value: Number(expression.slice(right.from, right.to)),
  };
}
