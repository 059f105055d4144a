import { basename } from "node:path";
import { data, Evaluator, type Expr, Lexer, Parser } from "@actions/expressions";
import {
  type CallableWorkflow,
  expression,
  type Job,
  type WorkflowCall,
} from "../../../components/github-actions/workflow";

interface StartedWorkflow {
  readonly jobs: Readonly<Record<string, Job | WorkflowCall>>;
}

/**
 * The jobs that GitHub makes of a workflow, by name: `caller / job` for those of a workflow that it calls, `job (stack)` for those of a
 * matrix. What they say of inputs, of their row of the matrix and of variables is evaluated by GitHub's own evaluator; a variable's
 * value is the expression that names it. What needs more than that stays as it is.
 */
export function expandedJobs(
  { jobs }: StartedWorkflow,
  called: (file: string) => CallableWorkflow,
): readonly (readonly [string, Job])[] {
  return Object.entries(jobs).flatMap(([name, job]): (readonly [string, Job])[] => {
    if ("uses" in job) return calledJobs(name, job, called(basename(job.uses).replace(/@.*$/, "")));
    const { strategy, ...single } = job;
    if (strategy === undefined) return [[name, evaluated(job, {})]];
    return strategy.matrix.include.map((row) => [
      `${name} (${row.stack ?? row.service})`,
      evaluated(single, { matrix: row }),
    ]);
  });
}

function calledJobs(caller: string, call: WorkflowCall, { on, jobs }: CallableWorkflow): (readonly [string, Job])[] {
  const inputs = Object.fromEntries(
    Object.entries(on.workflow_call.inputs).map(([name, { type, default: other }]) => [
      name,
      call.with[name] ?? other ?? (type === "boolean" ? false : ""),
    ]),
  );
  return Object.entries(jobs).map(([name, job]) => {
    const conditions = [call.if, job.if].flatMap((each) => (each === undefined ? [] : `(${insideOf(each)})`));
    const needs = [...(call.needs ?? []), ...(job.needs ?? []).map((other) => `${caller} / ${other}`)];
    const condition = conditions.length === 0 ? {} : { if: expression(conditions.join(" && ")) };
    return [`${caller} / ${name}`, { ...evaluated(job, { inputs }), ...condition, needs }];
  });
}

type Contexts = Readonly<Record<string, Readonly<Record<string, string | boolean>>>>;

/** The job with everything filled in, without the steps whose conditions are false. */
function evaluated(job: Job, contexts: Contexts): Job {
  const filled: Job = JSON.parse(JSON.stringify(job), (_key, value: unknown) =>
    typeof value === "string" ? fill(value, contexts) : value,
  );
  const steps = filled.steps.flatMap(({ if: condition, ...step }) => {
    if (condition === "false") return [];
    return condition === undefined || condition === "true" ? [step] : [{ ...step, if: condition }];
  });
  return { ...filled, steps };
}

function fill(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{ (.*?) \}\}/g, (whole, inside: string) => {
    const parsed = parse(inside, [...Object.keys(contexts), "vars"]);
    if (parsed === undefined) return whole;
    const known: data.Dictionary = JSON.parse(JSON.stringify(contexts), data.reviver);
    known.add("vars", new Variables());
    return new Evaluator(parsed, known).evaluate().coerceString();
  });
}

/** Undefined for an expression that needs other contexts or functions. */
function parse(text: string, contexts: string[]): Expr | undefined {
  try {
    return new Parser(new Lexer(text).lex().tokens, contexts, []).parse();
  } catch {
    return undefined;
  }
}

/** Every variable there might be. */
class Variables extends data.Dictionary {
  override get(name: string): data.StringData {
    return new data.StringData(expression(`vars.${name}`));
  }
}

function insideOf(text: string): string {
  return text.replace(/^\$\{\{ | \}\}$/g, "");
}
