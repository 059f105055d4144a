import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RandomPet } from "@pulumi/random/randomPet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EngineEvent } from "../../../deployment/engine-event";
import type { OperationKind } from "../../../deployment/operation";
import type { EngineResult } from "../../../sandbox/engine/engine";
import { DiskStateStore, loadDeployment, runOperation } from "../../../sandbox/engine/run-operation";
import { ThingProvider, ThingWorld, type Witness } from "./recorded-world";

const repository = join(__dirname, "..", "..", "..");
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "interrupted-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

interface Run {
  readonly result: EngineResult;
  readonly messages: string[];
}

async function run(
  kind: OperationKind,
  stateDirectory: string,
  world: ThingWorld,
  program?: () => void,
  witness?: Witness,
) {
  const events: EngineEvent[] = [];
  const result = await runOperation({
    kind,
    previewOnly: false,
    project: { name: "demo", root: repository, main: repository },
    ...(program === undefined ? {} : { program: { kind: "inline" as const, run: program } }),
    organization: "organization",
    stack: "dev",
    config: new Map(),
    provider: (packageName) => new ThingProvider(packageName, world, witness),
    policies: [],
    state: new DiskStateStore(stateDirectory, "demo", "dev"),
    stackOutputs: async () => undefined,
    targets: [],
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
  });
  const messages = events.flatMap(({ diagnosticEvent }) => (diagnosticEvent ? [diagnosticEvent.message] : []));
  const told: Run = { result, messages };
  return told;
}

/** Everything a deployment can do: update, both kinds of replacement with a dependent, deletion and creation. */
function program(generation: 1 | 2) {
  return () => {
    const base = new RandomPet("base", { length: generation });
    new RandomPet("successor", { length: base.length, prefix: `p${generation}` });
    const roomy = new RandomPet("roomy", { length: 1, separator: `s${generation}` });
    new RandomPet("dependent", { length: 1, separator: roomy.separator });
    if (generation === 1) new RandomPet("old", { length: 1 });
    else new RandomPet("new", { length: base.length });
  };
}

/** What a run would leave, had its process been killed at this moment. */
interface Remains {
  readonly moment: string;
  readonly directory: string;
  readonly world: ThingWorld;
}

/** Runs the second generation upon the first, and keeps what a kill at each change of the world would leave. */
async function remainsOfUpdate(): Promise<{ remains: Remains[]; expected: string[] }> {
  const state = join(directory, "state");
  const world = new ThingWorld();
  await run("up", state, world, program(1));
  const remains: Remains[] = [];
  const witness: Witness = (when, operation, name) => {
    const copy = join(directory, `remains-${remains.length}`);
    cpSync(state, copy, { recursive: true });
    rmSync(join(copy, "demo", "dev.lock"));
    remains.push({ moment: `${when} ${operation} of ${name}`, directory: copy, world: new ThingWorld(world) });
  };
  const { result } = await run("up", state, world, program(2), witness);
  expect(result.result).toBe("succeeded");
  return { remains, expected: world.contents() };
}

describe("a run that is killed", () => {
  it("at any change of the world is put right by the next, with nothing lost and nothing twice", async () => {
    const { remains, expected } = await remainsOfUpdate();
    // Three creations for replacements and one more, an update, two deletions to make room, two at the end.
    expect(remains.length).toBe(2 * 9);
    for (const { moment, directory: state, world } of remains) {
      const { result, messages } = await run("up", state, world, program(2));
      expect([moment, result.result, messages]).toEqual([moment, "succeeded", expect.anything()]);
      expect([moment, ...world.contents()]).toEqual([moment, ...expected]);
      const again = await run("up", state, world, program(2));
      expect([moment, Object.keys(again.result.changes)]).toEqual([moment, ["same"]]);
    }
  });

  it("is forgotten by a destroy, which leaves nothing", async () => {
    const { remains } = await remainsOfUpdate();
    for (const { moment, directory: state, world } of remains) {
      await run("destroy", state, world);
      expect([moment, ...world.contents()]).toEqual([moment]);
      const left = await loadDeployment(new DiskStateStore(state, "demo", "dev"));
      expect([moment, left?.resources.length, left?.pendingOperations.length]).toEqual([moment, 0, 0]);
    }
  });

  it("leaves the state of the stack readable meanwhile", async () => {
    const { remains } = await remainsOfUpdate();
    const creating = remains.find(({ moment }) => moment === "after create of new");
    const state = await loadDeployment(new DiskStateStore(creating?.directory ?? "", "demo", "dev"));
    expect(
      state?.pendingOperations.map(({ type, resource }) => [type, resource.urn.split("::").at(-1)]),
    ).toContainEqual(["creating", "new"]);
  });

  it("says what became of its last creation", async () => {
    const { remains } = await remainsOfUpdate();
    const before = remains.find(({ moment }) => moment === "before create of new");
    const after = remains.find(({ moment }) => moment === "after create of new");
    const told = async (left: typeof before) =>
      (await run("up", left?.directory ?? "", left?.world ?? new ThingWorld(), program(2))).messages;
    expect((await told(before)).join()).toContain("an interrupted create had not taken effect");
    expect((await told(after)).join()).toMatch(/an interrupted create had taken effect: thing-\d+ is taken over/);
  });

  it("is noted before the world is changed", async () => {
    const state = join(directory, "state");
    const seen: string[] = [];
    const witness: Witness = async (when, operation, name) => {
      if (when === "after") return;
      const found = await loadDeployment(new DiskStateStore(state, "demo", "dev"));
      const pending = found?.pendingOperations.map(({ resource }) => resource.urn.split("::").at(-1)) ?? [];
      seen.push(`${operation} ${name}: ${pending.includes(name)}`);
    };
    await run("up", state, new ThingWorld(), program(1), witness);
    expect(seen.length).toBe(5);
    expect(seen.filter((line) => !line.endsWith("true"))).toEqual([]);
  });
});
