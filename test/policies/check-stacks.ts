import { join } from "node:path";
import { emulatedProviders } from "../../sandbox/clouds";
import type { PolicyAnalyzer } from "../../sandbox/engine/policy-analyzer";
import type { PropertyMap } from "../../sandbox/engine/property-value";
import { MemoryStateStore, readStackOutputs, runOperation } from "../../sandbox/engine/run-operation";
import { AnalyzerProcess } from "../../sandbox/policies/analyzer-process";
import { loadPolicyPack } from "../../sandbox/policies/load-policy-pack";
import { loadProject } from "../../sandbox/project/project-file";
import { loadStackConfiguration } from "../../sandbox/project/stack-configuration";
import { MemoryWorld } from "../../sandbox/world/memory-world";
import { readWorldSeed } from "../../sandbox/world/seed";
import { stackDefinitions } from "../../stacks/stack-registry";
import type { MutationReport, StackReport } from "./checked-stack";
import { EvaluatorComparison } from "./evaluator-comparison";
import { mutated, mutations, valueAt } from "./mutations";

// Run by `alai-stacks.test.ts` in a process of its own, because the program's modules are loaded as in a deployment. Deploys every
// stack to one emulated world, asks both evaluators about every resource, and prints a line of JSON a stack.

const repository = join(__dirname, "..", "..");
const pack = join(repository, "policies");

async function main(): Promise<void> {
  const world = new MemoryWorld(readWorldSeed(join(repository, "sandbox", "world.yaml")));
  const stores = new Map<string, MemoryStateStore>();
  const overProtocol = await AnalyzerProcess.start(pack);
  try {
    for (const { name } of stackDefinitions) {
      const store = new MemoryStateStore(name);
      stores.set(name, store);
      console.log(JSON.stringify(await check(name, store, world, stores, overProtocol)));
    }
  } finally {
    await overProtocol.close();
  }
}

async function check(
  stack: string,
  store: MemoryStateStore,
  world: MemoryWorld,
  stores: ReadonlyMap<string, MemoryStateStore>,
  overProtocol: PolicyAnalyzer,
): Promise<StackReport> {
  const project = loadProject(repository);
  const { config } = await loadStackConfiguration(project, stack, async () => ({ decrypt: (text) => text }));
  const inProcess = await loadPolicyPack(pack);
  const diagnostics: string[] = [];
  const run = async (kind: "preview" | "up") => {
    const comparison = new EvaluatorComparison(inProcess, overProtocol);
    const { result } = await runOperation({
      kind,
      previewOnly: false,
      project: project.project,
      organization: "organization",
      stack,
      config,
      provider: emulatedProviders(world),
      policies: [comparison],
      state: store,
      stackOutputs: (name) => outputsOf(stores, name),
      targets: [],
      emit: ({ diagnosticEvent }) => {
        if (diagnosticEvent?.severity === "error") diagnostics.push(diagnosticEvent.message);
      },
      signal: new AbortController().signal,
    });
    return { comparison, result };
  };
  const preview = await run("preview");
  const up = await run("up");
  const results = [...preview.comparison.results, ...up.comparison.results];
  return {
    stack,
    results: [preview.result, up.result],
    diagnostics,
    resources: up.comparison.resources.length,
    checked: up.comparison.results.filter(({ passed }) => passed.length > 0).length,
    violations: results.flatMap(({ violations, undecided }) =>
      violations.filter(({ policyName }) => undecided.every((open) => open.policyName !== policyName)),
    ),
    undecided: {
      preview: preview.comparison.results.flatMap(({ undecided }) => undecided).length,
      up: up.comparison.results.flatMap(({ undecided }) => undecided).length,
    },
    differences: [...preview.comparison.differences, ...up.comparison.differences],
    mutations: await applyMutations(up.comparison, inProcess),
  };
}

async function applyMutations(comparison: EvaluatorComparison, analyzer: PolicyAnalyzer): Promise<MutationReport[]> {
  const reports: MutationReport[] = [];
  for (const [index, { type, path, value, where, fires }] of mutations.entries()) {
    const matching = comparison.resources.filter(
      (resource) =>
        resource.type === type &&
        Object.entries(where ?? {}).every(([at, held]) => equal(valueAt(resource.properties, at), held)),
    );
    for (const resource of matching) {
      const properties = mutated(resource.properties, path, value);
      const { violations } = await analyzer.analyze({ ...resource, properties });
      const fired = [...new Set(violations.map(({ policyName }) => policyName))].sort();
      reports.push({ mutation: index, urn: resource.urn, fires: [...fires], fired });
    }
  }
  return reports;
}

function equal(left: unknown, right: unknown): boolean {
  return String(left).toLowerCase() === String(right).toLowerCase();
}

async function outputsOf(
  stores: ReadonlyMap<string, MemoryStateStore>,
  name: string,
): Promise<PropertyMap | undefined> {
  const store = stores.get(name.split("/").at(-1) ?? name);
  return store === undefined ? undefined : readStackOutputs(store);
}

void main();
