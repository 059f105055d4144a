import { afterAll, beforeAll, expect, it } from "vitest";
import { keptFileNames, keptState, keptWorld } from "./kept-data";
import { SeveralClouds } from "./several-clouds";

const project = new SeveralClouds();
beforeAll(async () => {
  expect(await project.upHere("start", 1)).toMatchObject({ result: "succeeded" });
}, 120_000);
afterAll(() => project.remove());

async function convergedData(data: string) {
  const directory = project.dataDirectory(data);
  const files = keptFileNames(directory);
  return { world: await keptWorld(directory), state: await keptState(directory, "several", "dev"), files };
}

it("what took effect although the service answered with an error is found by the next up, and not done twice", async () => {
  const whole = project.copy("start");
  expect(await project.upHere(whole, 2)).toMatchObject({ result: "succeeded" });

  // In every run the first call of each kind takes effect and is answered with an error: each gets some steps further. What only
  // the state knows (random values) is left out: its answer is all there is.
  const types = ["azure-native:resources:ResourceGroup", "azure-native:storage:StorageAccount"];
  types.push("azure-native:storage:BlobContainer", "cloudflare:index/pagesProject:PagesProject");
  types.push("github:index/actionsVariable:ActionsVariable", "tailscale:index/tailnetKey:TailnetKey");
  const operations = ["create", "update", "delete"];
  const faults = operations.flatMap((operation) =>
    types.map((type) => ({ effect: "fail", type, operation, when: "after" })),
  );
  const environment = { SANDBOX_FAULTS: project.write("lost.json", JSON.stringify({ faults })) };
  const data = project.copy("start");
  const runs: string[] = [];
  for (let run = 1; ; run++) {
    expect(run).toBeLessThan(12);
    const { result, failure, told } = await project.upHere(data, 2, environment);
    runs.push(told);
    if (result === "succeeded") break;
    expect({ failure, told }).toEqual({ failure: "resource", told: expect.stringContaining("injected failure after") });
  }
  expect(runs.length).toBeGreaterThan(4);
  expect(runs.join("")).toMatch(/an interrupted create had taken effect: \S+ is taken over/);
  expect(runs.join("")).not.toMatch(/already exists|AlreadyTaken/);
  expect(await convergedData(data)).toEqual(await convergedData(whole));
}, 180_000);
