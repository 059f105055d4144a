import { createRequire } from "node:module";
import { join } from "node:path";
import type { Inputs } from "@pulumi/pulumi";
import type { AnalyzedResource, PolicyAnalyzer, PolicyResult } from "../../deployment/policies/policy-analyzer";
import { loadProject } from "../../deployment/project/project-file";
import { emulatedProviders } from "../clouds";
import { MemoryStateStore, readStackOutputs, runOperation } from "../engine/run-operation";
import { readWorldSeed } from "../world/open-world";
import { MemoryWorld } from "../world/world";
import { withoutElsewhere } from "./adopted-here";
import { loadStackConfiguration } from "./sandbox-configuration";

const seedFile = join(__dirname, "..", "world.yaml");

/** What policy packs were asked in one run of a stack. */
export interface RehearsedRun {
  readonly result: string;
  /** Errors that the run told. */
  readonly errors: readonly string[];
  /** Each resource before it was made: its properties are inputs. */
  readonly resources: readonly AnalyzedResource[];
  /** All of them at the end: their properties are outputs. */
  readonly members: readonly AnalyzedResource[];
  /** The URNs of those that were there before, because the inventory says so. */
  readonly imported: ReadonlySet<string>;
}

export interface RehearsedStack {
  readonly stack: string;
  readonly preview: RehearsedRun | undefined;
  readonly up: RehearsedRun;
}

export interface RehearsalRequest {
  /** A directory of the project. */
  readonly directory: string;
  /** In an order in which they can be deployed. */
  readonly stacks: readonly string[];
  /** Those of them that are previewed, too, before they are deployed. Default: none */
  readonly previewed?: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * The program of this project, or of a copy of it. A deployment loads a program's modules each time; these keep nothing of a run, so that
 * a process with many runs loads them once, as they are at the first.
 */
export function loadedProgram(directory: string): () => Promise<Inputs> {
  const main = join(directory, "index.ts");
  return async () => {
    const before = process.cwd();
    process.chdir(directory);
    try {
      return await createRequire(main)(main)();
    } finally {
      process.chdir(before);
    }
  };
}

/**
 * Deploys stacks to a world that exists in memory only, and remembers what policies would be asked. Nothing is read from or written
 * to `.sandbox/`; encrypted configuration stays encrypted.
 */
export async function rehearse({
  directory,
  stacks,
  previewed = [],
  signal,
}: RehearsalRequest): Promise<RehearsedStack[]> {
  const world = new MemoryWorld(readWorldSeed(seedFile));
  const stores = new Map<string, MemoryStateStore>();
  const project = loadProject(directory);
  const rehearsed: RehearsedStack[] = [];
  for (const stack of stacks) {
    const store = new MemoryStateStore(stack);
    stores.set(stack, store);
    const written = await loadStackConfiguration(project, stack, async () => ({ decrypt: (text) => text }));
    const { config } = await withoutElsewhere(written, (ask) => ask(world));
    const run = async (kind: "preview" | "up"): Promise<RehearsedRun> => {
      const recorder = new Recorder();
      const errors: string[] = [];
      const imported = new Set<string>();
      const { result } = await runOperation({
        kind,
        previewOnly: false,
        project: project.project,
        program: { kind: "inline", run: loadedProgram(directory) },
        organization: "organization",
        stack,
        config,
        provider: emulatedProviders(world),
        policies: [recorder],
        state: store,
        stackOutputs: async (name) => {
          const other = stores.get(name.split("/").at(-1) ?? name);
          return other === undefined ? undefined : readStackOutputs(other);
        },
        targets: [],
        emit: ({ diagnosticEvent, resourcePreEvent }) => {
          if (diagnosticEvent?.severity === "error") errors.push(diagnosticEvent.message);
          if (resourcePreEvent?.metadata.op === "import") imported.add(resourcePreEvent.metadata.urn);
        },
        signal,
      });
      return { result, errors, resources: recorder.resources, members: recorder.members, imported };
    };
    rehearsed.push({
      stack,
      preview: previewed.includes(stack) ? await run("preview") : undefined,
      up: await run("up"),
    });
  }
  return rehearsed;
}

/** Answers that all is well, and keeps what it was asked. */
class Recorder implements PolicyAnalyzer {
  readonly packName = "rehearsal";
  readonly packVersion = "0.0.0";
  readonly packLabel = "rehearsal";
  readonly resources: AnalyzedResource[] = [];
  members: readonly AnalyzedResource[] = [];

  async remediate({ properties }: AnalyzedResource) {
    return { properties, passed: [], violations: [], remediations: [] };
  }

  async analyze(resource: AnalyzedResource): Promise<PolicyResult> {
    this.resources.push(resource);
    return nothingFound;
  }

  async analyzeStack(resources: readonly AnalyzedResource[]): Promise<PolicyResult> {
    this.members = resources;
    return nothingFound;
  }

  async close(): Promise<void> {}
}

const nothingFound: PolicyResult = { violations: [], passed: [], notApplicable: [], undecided: [] };
