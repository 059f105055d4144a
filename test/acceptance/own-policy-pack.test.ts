import { afterAll, beforeAll, expect, it } from "vitest";
import { type SmallProject, smallProject } from "../cli/small-project";
import { packOf, writtenPack } from "../policies/written-pack";
import { checkedEvents } from "./engine-event-schema";
import { keptFiles } from "./kept-data";

let project: SmallProject;
beforeAll(() => {
  project = smallProject();
});
afterAll(() => project.remove());

it("a project outside the repository is checked with a pack of its own: nothing is applied until it complies", async () => {
  const pack = writtenPack(
    packOf(`validateResource: ({ type, props }, report) => {
      if (type === "azure-native:storage:StorageAccount" && props.allowBlobPublicAccess) report("blobs of " + props.tags.owner + " are public");
    }`),
  );
  const up = (open: string) => project.runHere(["up", "--yes", "--json", "--policy-pack", pack], { PUBLIC: open });

  const refused = await up("1");
  expect(refused.exitCode).toBe(5);
  const violations = checkedEvents(refused.output).flatMap(({ policyEvent }) => (policyEvent ? [policyEvent] : []));
  expect(violations.map(({ policyName, message }) => [policyName, message])).toEqual([
    ["one", "One.\nblobs of [secret] are public\n"],
  ]);
  expect(Object.keys(keptFiles(project.directory)).filter((path) => path.includes("state/"))).toEqual([]);

  expect(await up("0")).toMatchObject({ exitCode: 0 });
  expect(Object.keys(keptFiles(project.directory))).toContain(".sandbox/state/small/dev.json");
}, 60_000);
