import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SmallProject, smallProject } from "../cli/small-project";
import { keptFileNames, keptState, keptWorld } from "./kept-data";
import { callsOfSecondGeneration, SeveralClouds } from "./several-clouds";

const project = new SeveralClouds();
let expected: Awaited<ReturnType<typeof convergedData>>;

beforeAll(async () => {
  expect(await project.upHere("start", 1)).toMatchObject({ result: "succeeded" });
  const whole = project.copy("start");
  expect(await project.upHere(whole, 2)).toMatchObject({ result: "succeeded" });
  expected = await convergedData(whole);
}, 120_000);
afterAll(() => project.remove());

/** What must be the same after an interruption and without one: the world, the state, and which files there are. */
async function convergedData(data: string) {
  const directory = project.dataDirectory(data);
  const files = keptFileNames(directory);
  return { world: await keptWorld(directory), state: await keptState(directory, "several", "dev"), files };
}

const calls = (["create", "update", "delete"] as const).flatMap((operation) =>
  Array.from({ length: callsOfSecondGeneration[operation] }, (_, index) => ({ operation, nth: index + 1 })),
);
const moments = calls.flatMap((call) => [
  { ...call, when: "before" },
  { ...call, when: "after" },
]);

/** Goes wrong at the nth call of that kind to any cloud. */
function faults(effect: "kill" | "fail", { operation, nth, when }: (typeof moments)[number]) {
  const plan = { faults: [{ effect, type: "*", operation, nth, when }] };
  const path = project.write(`${effect}-${when}-${operation}-${nth}.json`, JSON.stringify(plan));
  return { SANDBOX_FAULTS: path };
}

it("the second generation takes the calls that are interrupted here", async () => {
  const beyond = (["create", "update", "delete"] as const).map((operation) => ({
    ...{ effect: "fail", type: "*", operation, nth: callsOfSecondGeneration[operation] + 1 },
  }));
  const path = project.write("beyond.json", JSON.stringify({ faults: beyond }));
  expect(await project.upHere(project.copy("start"), 2, { SANDBOX_FAULTS: path })).toMatchObject({
    result: "succeeded",
  });
}, 120_000);

describe.concurrent("an up that is killed", () => {
  it.each(moments)(
    "$when the $operation no. $nth is made good by the next one",
    async (moment) => {
      const data = project.copy("start");
      const killed = await project.up(data, 2, faults("kill", moment));
      expect(killed.exitCode).toBe(null);
      const { result, told } = await project.upHere(data, 2);
      expect({ result, problems: result === "succeeded" ? "" : told }).toEqual({ result: "succeeded", problems: "" });
      expect(await convergedData(data)).toEqual(expected);
    },
    180_000,
  );
});

it("an up that is killed between its state and the end of its notes leaves none when the next one has nothing to do", async () => {
  const interrupted = smallProject();
  try {
    interrupted.write("index.ts", "export const answer = 42;\n");
    expect(await interrupted.runHere(["up", "--yes"])).toMatchObject({ exitCode: 0 });
    const files = () => keptFileNames(`${interrupted.directory}/.sandbox`);
    const before = files();
    interrupted.write(".sandbox/state/small/dev.journal", '[{"note":"start","document":"the one before"}]\n');
    expect(await interrupted.runHere(["up", "--yes"])).toMatchObject({ exitCode: 0 });
    expect(files()).toEqual(before);
  } finally {
    interrupted.remove();
  }
}, 60_000);

describe("an up that is killed while it updates a repository that it adopts", () => {
  const program = `import { Repository } from "@pulumi/github/repository";
const leftAlone = ["allowAutoMerge", "allowMergeCommit", "deleteBranchOnMerge", "description"];
const options = { import: "alai-bilko-web", protect: true, ignoreChanges: leftAlone };
new Repository("web", { name: "alai-bilko-web", topics: ["website"] }, options);
`;
  const projects: SmallProject[] = [];
  afterAll(() => {
    for (const { remove } of projects) remove();
  });

  function begin(): SmallProject {
    const started = smallProject();
    projects.push(started);
    started.write("index.ts", program);
    return started;
  }
  const state = ({ directory }: SmallProject) => keptState(`${directory}/.sandbox`, "small", "dev");

  it.each(["before", "after"])(
    "%s the call keeps no setting that the program leaves alone",
    async (when) => {
      const whole = begin();
      expect(await whole.runHere(["up", "--yes", "--skip-preview"])).toMatchObject({ exitCode: 0 });
      const interrupted = begin();
      const fault = { effect: "kill", type: "github:index/repository:Repository", operation: "update", when };
      interrupted.write("faults.json", JSON.stringify({ faults: [fault] }));
      const faults = { SANDBOX_FAULTS: `${interrupted.directory}/faults.json` };
      expect((await interrupted.run(["up", "--yes", "--skip-preview"], faults)).exitCode).toBe(null);
      expect(await interrupted.runHere(["up", "--yes", "--skip-preview"])).toMatchObject({ exitCode: 0 });
      expect(await state(interrupted)).toEqual(await state(whole));
    },
    120_000,
  );
});
