import { join } from "node:path";
import { urnName } from "../../deployment/display/urn-text";
import { AnalyzerProcess } from "../../deployment/policies/analyzer-process";
import { loadPolicyPack } from "../../deployment/policies/load-policy-pack";
import type { PolicyAnalyzer, PolicyResult } from "../../deployment/policies/policy-analyzer";
import { currentType } from "../../lib/type-token";
import { systemCosts } from "../../operations/cost/cost-page.generator";
import { monthlySum } from "../../operations/cost/stack-cost";
import { coverageOf } from "../../operations/policies/rule-coverage";
import { shapeFiles } from "../../operations/policies/stack-shapes";
import { loadRulePack } from "../../policies/rule-pack";
import { type RehearsedRun, type RehearsedStack, rehearse } from "../../sandbox/project/rehearsal";
import { stackDefinitions } from "../../stacks/registry";
import { type MutationReport, mutationReport } from "./answering-rules";
import type { CheckedStacks, StackReport } from "./checked-stack";
import { companionMutations } from "./companion-mutations";
import { EvaluatorComparison } from "./evaluator-comparison";
import { exceptionUses } from "./exception-uses";
import { guardedProperties, mutationsOf } from "./guarded-properties";
import { needlessDifferences, parityMutations } from "./parity-mutations";
import { valueAt } from "./property-paths";
import { missingTypeFacts } from "./type-facts";

// Run by `alai-stacks.test.ts` in a process of its own, because the program's modules are loaded as in a deployment. Deploys every
// stack once to one world in memory, asks both evaluators about every resource, changes what is guarded, and prints one document.

const repository = join(__dirname, "..", "..");
const pack = join(repository, "policies");

async function main(): Promise<void> {
  const { signal } = new AbortController();
  const stacks = stackDefinitions.map(({ name }) => name);
  const [rehearsed, overProtocol] = await Promise.all([
    rehearse({ directory: repository, stacks, previewed: stacks, signal }),
    AnalyzerProcess.start(pack),
  ]);
  try {
    const reports: StackReport[] = [];
    for (const stack of rehearsed) reports.push(await check(stack, overProtocol));
    const report: CheckedStacks = {
      stacks: reports,
      missingTypeFacts: missingTypeFacts(rehearsed),
      coverage: coverageOf(loadRulePack(), rehearsed),
      shapes: shapeFiles(pack, rehearsed),
      costs: await costsOf(rehearsed, signal),
    };
    console.log(JSON.stringify(report));
  } finally {
    await overProtocol.close();
  }
}

async function costsOf(rehearsed: readonly RehearsedStack[], signal: AbortSignal): Promise<CheckedStacks["costs"]> {
  const { stacks, page } = await systemCosts(repository, rehearsed, signal);
  const budgets = stacks.flatMap(({ stack, cost }) =>
    cost.budget === undefined ? [] : [{ stack, budget: cost.budget, estimate: monthlySum(cost) }],
  );
  return { page, budgets };
}

async function check({ stack, preview, up }: RehearsedStack, overProtocol: PolicyAnalyzer): Promise<StackReport> {
  if (preview === undefined) throw new Error(`${stack} was not previewed`);
  const inProcess = await loadPolicyPack(pack);
  const { parity, production } = loadRulePack().parametersOf(stack);
  // What a preview leaves unknown differs by type, not by stack: production has every type, and the protocol takes its time.
  const asked = [
    await ask(preview, inProcess, production ? overProtocol : undefined),
    await ask(up, inProcess, overProtocol),
  ];
  const results = asked.flatMap(({ results }) => results);
  return {
    stack,
    results: [preview.result, up.result],
    diagnostics: [...preview.errors, ...up.errors],
    resources: up.resources.length,
    types: [...new Set(up.resources.map(({ type }) => currentType(type)))],
    violations: results.flatMap(({ violations, undecided }) =>
      violations.filter(({ policyName }) => undecided.every((open) => open.policyName !== policyName)),
    ),
    undecided: { preview: undecidedIn(asked[0]?.results), up: undecidedIn(asked[1]?.results) },
    differences: asked.flatMap(({ differences }) => differences),
    mutations: [
      ...(await changeProperties(up, inProcess)),
      ...(await companionMutations(loadRulePack(), inProcess, up.members)),
      ...(parity === undefined ? [] : parityMutations(parity, loadRulePack(), up.resources)),
    ],
    exceptions: exceptionUses(join(pack, "exceptions.yaml"), (name) => loadRulePack().parametersOf(name), up),
    needlessDifferences: parity === undefined ? [] : needlessDifferences(parity, up.resources),
  };
}

async function ask(run: RehearsedRun, inProcess: PolicyAnalyzer, overProtocol: PolicyAnalyzer | undefined) {
  const comparison = overProtocol && new EvaluatorComparison(inProcess, overProtocol);
  const analyzer = comparison ?? inProcess;
  // All at once, so that neither evaluator waits for the other.
  const results = await Promise.all(run.resources.map((resource) => analyzer.analyze(resource)));
  results.push(await analyzer.analyzeStack(run.members));
  return { results, differences: comparison?.differences ?? [] };
}

function undecidedIn(results: readonly PolicyResult[] = []): number {
  return results.flatMap(({ undecided }) => undecided).length;
}

/** Every guarded property of every resource that has it, in stacks that hold what production promises. */
async function changeProperties(run: RehearsedRun, analyzer: PolicyAnalyzer): Promise<MutationReport[]> {
  const rules = loadRulePack();
  const reports: MutationReport[] = [];
  for (const resource of run.resources) {
    const stack = rules.parametersOf(resource.urn.split(":")[2] ?? "");
    if (!stack.production) continue;
    const type = currentType(resource.type);
    for (const guarded of guardedProperties.filter((one) => one.type === type)) {
      const level = stack.levels[guarded.rule] ?? rules.rules.find(({ id }) => id === guarded.rule)?.level;
      const holds = Object.entries(guarded.where ?? {}).every(([path, value]) =>
        same(valueAt(resource.properties, path), value),
      );
      // Behind the edge an environment has a public address, whatever it says.
      if (guarded.rule === "apps-environment-private" && stack.frontedByEdge.includes(urnName(resource.urn))) continue;
      // What is not there cannot be changed; the fixtures of the guarded properties have it all.
      if (level === "disabled" || !holds || valueAt(resource.properties, guarded.path) === undefined) continue;
      for (const mutation of mutationsOf(guarded, resource.properties)) {
        const report = await mutationReport(analyzer, resource, mutation);
        if (report !== undefined) reports.push(report);
      }
    }
  }
  return reports;
}

function same(left: unknown, right: unknown): boolean {
  return String(left).toLowerCase() === String(right).toLowerCase();
}

void main();
