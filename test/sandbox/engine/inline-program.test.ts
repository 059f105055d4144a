import * as pulumi from "@pulumi/pulumi";
import { RandomPet } from "@pulumi/random/randomPet";
import { describe, expect, it } from "vitest";
import { SandboxDeployment } from "../deploy/sandbox-deployment";
import { EchoProvider } from "./echo-provider";

const providers = (packageName: string) => new EchoProvider(packageName);

describe("an inline program", () => {
  it("creates, then changes nothing, then updates, then deletes", async () => {
    const sandbox = new SandboxDeployment({ providers });
    const program = (length: number) => () => {
      const pet = new RandomPet("pet", { length });
      return { name: pet.length, secret: pulumi.secret("canary") };
    };
    const first = await sandbox.up(program(2));
    expect(first.changes).toEqual({ create: 2 });
    expect(first.outputs).toEqual({ name: 2, secret: "canary" });
    const second = await sandbox.up(program(2));
    expect(second.changes).toEqual({ same: 2 });
    const third = await sandbox.up(program(3));
    expect(third.changes).toEqual({ same: 1, update: 1 });
    const gone = await sandbox.destroy();
    expect(gone.changes).toEqual({ delete: 2 });
    expect(await sandbox.resources()).toEqual([]);
  });
});
