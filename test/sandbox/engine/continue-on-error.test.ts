import { RandomPet } from "@pulumi/random/randomPet";
import { describe, expect, it } from "vitest";
import type { CreateRequest, CreateResult } from "../../../sandbox/engine/provider";
import { SandboxDeployment } from "../deploy/sandbox-deployment";
import { EchoProvider } from "./echo-provider";

/** Refuses to make what is named in `broken`. */
class PartlyBroken extends EchoProvider {
  readonly broken = new Set<string>();

  override async create(request: CreateRequest): Promise<CreateResult> {
    if (!request.preview && this.broken.has(request.name)) throw new Error(`${request.name} is away`);
    return super.create(request);
  }
}

/** Two chains. */
const program = () => {
  for (const side of ["left", "right"]) {
    const first = new RandomPet(`${side}-first`, { length: 1 });
    const second = new RandomPet(`${side}-second`, { length: first.length });
    new RandomPet(`${side}-third`, {}, { dependsOn: [second] });
  }
};

function sandbox(continueOnError: boolean) {
  const provider = new PartlyBroken("random");
  const deployment = new SandboxDeployment({ providers: () => provider, continueOnError });
  const names = async () => (await deployment.resources()).map(({ urn }) => urn.split("::").at(-1)).sort();
  return { provider, deployment, names };
}

const isPet = (name: string | undefined) => /-(first|second|third)$|^old$/.test(name ?? "");

describe("with continueOnError", () => {
  it("what fails takes along what needs it, and leaves the rest done", async () => {
    const { provider, deployment, names } = sandbox(true);
    provider.broken.add("left-first");
    const failed = await deployment.tryUp(program);
    expect([failed.result, failed.failure]).toEqual(["failed", "resource"]);
    expect(failed.messages.filter((message) => message.includes("is away"))).toHaveLength(1);
    expect((await names()).filter(isPet)).toEqual(["right-first", "right-second", "right-third"]);

    provider.broken.clear();
    const healed = await deployment.up(program);
    expect(healed.changes.create).toBe(3);
    expect((await deployment.up(program)).changes).toEqual({ same: 7 });
  }, 20_000);

  it("nothing is deleted while something failed", async () => {
    const { provider, deployment, names } = sandbox(true);
    await deployment.up(() => new RandomPet("old", {}));
    provider.broken.add("right-third");
    await deployment.tryUp(program);
    expect(await names()).toContain("old");
    provider.broken.clear();
    await deployment.up(program);
    expect(await names()).not.toContain("old");
  }, 20_000);
});

describe("without it", () => {
  it("the first failure stops what has not begun", async () => {
    const { provider, deployment, names } = sandbox(false);
    provider.broken.add("left-first");
    await deployment.tryUp(program);
    expect((await names()).filter(isPet)).not.toContain("right-third");
  }, 20_000);
});
