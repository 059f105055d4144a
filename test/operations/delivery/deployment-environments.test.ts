import { beforeAll, describe, expect, it } from "vitest";
import { expression } from "../../../components/github-actions/workflow";
import { mayDeploy } from "../../../sandbox/clouds/github/environment";
import { alaiDelivery } from "../../../stacks/alai/delivery";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import { workflowStacks } from "../../../stacks/registry";
import { AlaiWorld } from "../../stacks/alai-world";
import { plan, started } from "./workflow-fixture";

describe("break-glass", () => {
  const breakGlass = started.named("break-glass.yml");
  const jobs = started.jobsOf("break-glass.yml");

  it("runs on the deployed branch only", () => {
    const reviewed = alaiDelivery(loadAlaiInventory()).stacks.filter(({ approval }) => approval === "reviewers");
    expect(jobs).toHaveLength(reviewed.length);
    for (const [, job] of jobs) expect(job.if).toContain("github.ref == 'refs/heads/main' && ");
  });

  it("waits for nobody and is replaced by nobody: it shares its group with no other run, of its own workflow or another", () => {
    expect(breakGlass.concurrency.group).toContain(expression("github.run_id"));
    for (const [, job] of jobs) expect(job.concurrency).toBeUndefined();
  });
});
describe("deployment environments", () => {
  let alai: AlaiWorld;
  beforeAll(async () => {
    alai = await AlaiWorld.deployed();
  }, 300_000);

  const used = [
    ...new Set(
      started.jobs.flatMap(({ job: { environment } }) =>
        environment === undefined || typeof environment === "string" ? (environment ?? []) : environment.name,
      ),
    ),
  ];

  it("are all in the inventory: GitHub would make one that is missing, for every branch", () => {
    const inventory = loadAlaiInventory();
    const without = (name: string) => () =>
      alaiDelivery({
        ...inventory,
        repositories: {
          repositories: inventory.repositories.repositories.map((entry) => ({
            ...entry,
            environments: entry.environments.filter((environment) => environment.name !== name),
          })),
        },
      });
    for (const { name } of plan.stacks) expect(without(name)).toThrow(`expected the environment "${name}"`);
    for (const name of ["preview", "drift", "proposals", "break-glass"])
      expect(without(name)).toThrow(
        `repository "alai-infra": environments: expected the environment "${name}", from which workflows deploy`,
      );
  });

  it("let in the deployed branch and no other; the previews' let in pull requests, too", async () => {
    expect(used.sort()).toEqual(["break-glass", "drift", "preview", "proposals", ...workflowStacks].sort());
    const refs = ["refs/heads/main", "refs/heads/main2", "refs/heads/fix/main", "refs/pull/7/merge", "refs/tags/main"];
    const deploying = await alai.world.transact((world) =>
      used.map((of) => [of, refs.filter((ref) => mayDeploy(world, "alai-infra", of, ref))]),
    );
    expect(Object.fromEntries(deploying)).toEqual({
      ...Object.fromEntries(used.map((of) => [of, ["refs/heads/main"]])),
      preview: ["refs/heads/main", "refs/pull/7/merge"],
    });
  });
});
