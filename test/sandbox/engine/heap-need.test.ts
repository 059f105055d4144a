import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { heapProblem } from "../../../sandbox/engine/operation/heap-need";
import { type SmallProject, smallProject } from "../../cli/small-project";

let project: SmallProject;
beforeEach(() => {
  project = smallProject();
});
afterEach(() => project.remove());

/** Registers names in one go, as most programs do. */
const program = (count: number) => `import { RandomPet } from "@pulumi/random/randomPet";
for (let index = 0; index < ${count}; index += 1) new RandomPet("pet-" + index);
`;
const little = { NODE_OPTIONS: "--max-old-space-size=100" };
const up = ["up", "--yes", "--skip-preview"];

describe("a heap that does not suffice", () => {
  it("is said with what is needed and what to do", () => {
    expect(heapProblem(1000, 2 ** 30)).toBeUndefined();
    expect(heapProblem(100_000, 2 ** 31)).toBe(
      "100,000 resources need about 5780 MB of memory, and Node may take 2048 MB; give it more: NODE_OPTIONS=--max-old-space-size=11560",
    );
  });

  it("ends a program as soon as it has registered too much, with nothing made", async () => {
    project.write("index.ts", program(1200));
    const { exitCode, output, errors } = await project.run(["preview"], little);
    expect({ exitCode, errors: errors.slice(0, 500) }).toMatchObject({ exitCode: 1 });
    expect(output).toMatch(/[\d,]+ resources need about \d+ MB of memory, and Node may take \d+ MB; give it more/);
  }, 60_000);

  it("refuses a stack that has too many before its program runs", async () => {
    project.write("index.ts", program(1));
    expect(await project.runHere(up)).toMatchObject({ exitCode: 0 });
    const path = join(project.directory, ".sandbox/state/small/dev.json");
    const document = JSON.parse(readFileSync(path, "utf8"));
    const { resources } = document.deployment;
    const pet = resources.at(-1);
    for (let index = 1; index < 3000; index += 1) resources.push({ ...pet, urn: `${pet.urn}-${index}` });
    writeFileSync(path, JSON.stringify(document));
    project.write("index.ts", 'throw new Error("the program ran");');
    const { exitCode, output, errors } = await project.run(["preview"], little);
    expect(errors + output).toMatch(/stack "dev": 3,00\d resources need about \d+ MB/);
    expect(errors + output).not.toContain("the program ran");
    expect(exitCode).toBe(2);
  }, 120_000);
});
