import * as pulumi from "@pulumi/pulumi";
import { RandomPet } from "@pulumi/random/randomPet";
import { describe, expect, it } from "vitest";
import { SandboxDeployment } from "../deploy/sandbox-deployment";
import { EchoProvider } from "./echo-provider";

const sandbox = () => new SandboxDeployment({ providers: (packageName) => new EchoProvider(packageName) });

/** A resource, one whose input fails, and one that waits for the second for ever. */
function chain(fail: () => Promise<number>) {
  return () => {
    const first = new RandomPet("first", { length: 1 });
    const second = new RandomPet("second", { length: first.length.apply(fail) });
    new RandomPet("third", { length: second.length });
  };
}

describe("a program whose output fails", () => {
  it("ends, says why, and keeps what was made", async () => {
    const deployment = sandbox();
    const failed = await deployment.tryUp(
      chain(async () => {
        throw new pulumi.RunError("the length is refused");
      }),
    );
    expect([failed.result, failed.failure]).toEqual(["failed", "program"]);
    expect(failed.messages.join("\n")).toContain("the length is refused");
    const made = (await deployment.resources()).map(({ urn }) => urn.split("::").at(-1));
    expect(made).toContain("first");
    expect(made).not.toContain("third");
  }, 10_000);

  it("ends too when the failure comes later", async () => {
    const failed = await sandbox().tryUp(
      chain(async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        throw new pulumi.RunError("the length is refused");
      }),
    );
    expect(failed.messages.join("\n")).toContain("the length is refused");
  }, 10_000);
});
