import * as pulumi from "@pulumi/pulumi";
import { RandomPet } from "@pulumi/random/randomPet";
import { describe, expect, it } from "vitest";
import { unknownMarker } from "../../../deployment/values/signatures";
import type { CreateRequest, CreateResult, DeleteRequest } from "../../../sandbox/engine/provider";
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

  it("what the program no longer asks for is deleted all the same, except what is needed by what failed or was left out", async () => {
    const { provider, deployment, names } = sandbox(true);
    await deployment.up(() => {
      new RandomPet("old", {});
      const needed = new RandomPet("needed", { length: 1 });
      new RandomPet("left-third", { length: needed.length });
    });
    provider.broken.add("left-first");
    await deployment.tryUp(program);
    expect(await names()).toEqual(expect.arrayContaining(["left-third", "needed"]));
    expect(await names()).not.toContain("old");
    provider.broken.clear();
    await deployment.up(program);
    expect(await names()).not.toContain("needed");
  }, 20_000);
});

describe("what is left out, and is there already", () => {
  it("stays, under the name that it had, also when it needed nothing of what failed before", async () => {
    const { provider, deployment, names } = sandbox(true);
    await deployment.up(() => {
      new RandomPet("kept", { length: 1 });
      new RandomPet("former", { length: 1 });
    });
    const before = await names();
    provider.broken.add("first");
    await deployment.tryUp(() => {
      const first = new RandomPet("first", { length: 1 });
      new RandomPet("kept", { length: 1 }, { dependsOn: first });
      new RandomPet("later", { length: 1 }, { dependsOn: first, aliases: [{ name: "former" }] });
    });
    expect(await names()).toEqual(before);
  }, 20_000);

  it("is not imported, and it is told that Pulumi would wait for ever", async () => {
    const { provider, deployment, names } = sandbox(true);
    provider.broken.add("first");
    const failed = await deployment.tryUp(() => {
      const first = new RandomPet("first", { length: 1 });
      new RandomPet("taken-over", { length: 1 }, { dependsOn: first, import: "its-id" });
    });
    expect(await names()).not.toContain("taken-over");
    expect(failed.messages.join()).toContain("Pulumi itself would wait here until it is interrupted");
  }, 20_000);
});

/** Makes one thing, which may be away. */
class Pair extends pulumi.ComponentResource {
  constructor(name: string, first: pulumi.Output<number | undefined>) {
    super("test:index:Pair", name, { first });
    this.registerOutputs({ first });
  }
}

describe("what needs something that failed", () => {
  it("is never asked for the unknown, and a component that was left out may say its outputs", async () => {
    const { provider, deployment } = sandbox(true);
    provider.broken.add("first");
    const failed = await deployment.tryUp(() => {
      const first = new RandomPet("first", { length: 1 });
      new Pair("pair", first.length);
      // An answer to a question that cannot be asked is unknown, and needs nothing.
      const answer = pulumi.runtime.invokeOutput<{ text: string }>("random:index:ask", { length: first.length });
      new RandomPet("second", { prefix: answer.text });
      RandomPet.get("found", "its-id", { length: first.length }, { dependsOn: [first] });
    });
    expect(failed.messages.filter((message) => message.includes("isn't pending"))).toEqual([]);
    expect(await deployment.stateText()).not.toContain(unknownMarker);
  }, 20_000);
});

describe("a destroy", () => {
  class Stubborn extends PartlyBroken {
    override async delete(request: DeleteRequest): Promise<void> {
      if (this.broken.has(request.name)) throw new Error(`${request.name} is away`);
      return super.delete(request);
    }
  }

  it("with continueOnError leaves what cannot be deleted and what that needs", async () => {
    const provider = new Stubborn("random");
    const deployment = new SandboxDeployment({ providers: () => provider, continueOnError: true });
    await deployment.up(program);
    provider.broken.add("left-second");
    expect((await deployment.tryDestroy()).failure).toBe("resource");
    const left = (await deployment.resources()).map(({ urn }) => urn.split("::").at(-1));
    expect(left.filter(isPet)).toEqual(["left-first", "left-second"]);
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
