import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import * as pulumi from "@pulumi/pulumi";
import { RandomPet } from "@pulumi/random/randomPet";
import { describe, expect, it } from "vitest";
import { SandboxDeployment } from "../deploy/sandbox-deployment";
import { EchoProvider } from "./echo-provider";

class RefusingProvider extends EchoProvider {
  override async create(request: Parameters<EchoProvider["create"]>[0]): ReturnType<EchoProvider["create"]> {
    if (request.name === "refused" && !request.preview) throw new Error("the service refuses it");
    return super.create(request);
  }

  override async invoke(): Promise<never> {
    throw new Error("the function refuses it");
  }
}

const sandbox = () => new SandboxDeployment({ providers: (packageName) => new RefusingProvider(packageName) });

async function failureOf(program: () => unknown) {
  const { result, failure, messages } = await sandbox().tryUp(program);
  return { result, failure, text: messages.join("\n") };
}

describe("a program's own async functions", () => {
  it.each([
    ["a file", () => readFile(__filename)],
    ["a name", () => lookup("localhost")],
  ])("that nobody awaits belong to it: what they make after %s stays", async (_what, wait) => {
    const deployment = sandbox();
    const program = () => {
      void wait().then(() => new RandomPet("late", { length: 1 }));
    };
    expect((await deployment.up(program)).changes).toEqual({ create: 2 });
    expect((await deployment.up(program)).changes).toEqual({ same: 2 });
  });
});

describe("a program that fails", () => {
  it("is told with its error and where it came from", async () => {
    const failed = await failureOf(() => {
      throw new TypeError("no such thing");
    });
    expect(failed).toMatchObject({ result: "failed", failure: "program" });
    expect(failed.text).toMatch(/failed with an unhandled exception:\nTypeError: no such thing\n +at .*program-errors/);
  });

  it("with a rejected promise that nobody awaits fails too", async () => {
    const failed = await failureOf(() => {
      void Promise.reject(new Error("nobody awaits this"));
    });
    expect(failed).toMatchObject({ result: "failed", failure: "program" });
    expect(failed.text).toContain("nobody awaits this");
  });

  it("with a RunError is told without a stack", async () => {
    const failed = await failureOf(() => {
      throw new pulumi.RunError("set alai:environment first");
    });
    expect(failed.text).toBe("set alai:environment first\n");
  });

  it("with a ResourceError is told with the resource", async () => {
    const deployed = await sandbox().tryUp(() => {
      throw new pulumi.ResourceError("it is wrong", new RandomPet("pet", { length: 1 }), true);
    });
    const told = deployed.events.find(({ diagnosticEvent }) => diagnosticEvent?.message === "it is wrong\n");
    expect(told?.diagnosticEvent?.urn).toMatch(/RandomPet::pet$/);
  });

  it.each([0, 7])("by ending the process with %i deletes nothing, and leaves the process alone", async (code) => {
    const deployment = sandbox();
    const [exit, exitCode] = [process.exit, process.exitCode];
    await deployment.up(() => {
      new RandomPet("pet", { length: 1 });
    });
    const ended = await deployment.tryUp(() => process.exit(code));
    expect([ended.result, ended.failure]).toEqual(["failed", "program"]);
    expect(ended.messages.join("")).toContain(`The program called process.exit(${code}) before`);
    expect((await deployment.resources()).some(({ urn }) => urn.endsWith("::pet"))).toBe(true);
    expect([process.exit, process.exitCode]).toEqual([exit, exitCode]);
  });

  it("by setting an exit code is told so", async () => {
    const exitCode = process.exitCode;
    const failed = await failureOf(() => {
      process.exitCode = 3;
    });
    expect(failed).toMatchObject({ failure: "program", text: expect.stringContaining("process.exitCode to 3") });
    expect(process.exitCode).toBe(exitCode);
  });

  it("because a function of a provider fails names the function", async () => {
    const failed = await failureOf(() => pulumi.runtime.invoke("random:index/thing:thing", {}));
    expect(failed.text).toContain("invocation of random:index/thing:thing returned an error: the function refuses it");
  });

  it("does not speak of what a failed resource leaves waiting", async () => {
    const failed = await failureOf(() => {
      const refused = new RandomPet("refused", { length: 1 });
      new RandomPet("after", { length: refused.length });
    });
    expect(failed).toEqual({
      result: "failed",
      failure: "resource",
      text: "the service refuses it\n\nupdate failed\n",
    });
  });

  it("leaves nothing behind that disturbs the next run in the process", async () => {
    const deployment = sandbox();
    await deployment.tryUp(() => {
      const refused = new RandomPet("refused", { length: 1 });
      setTimeout(() => new RandomPet("late", { length: refused.length }), 5);
    });
    const next = await deployment.up(async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      new RandomPet("pet", { length: 1 });
    });
    expect(next.changes.create).toBe(1);
    expect((await deployment.resources()).map(({ urn }) => urn.split("::").at(-1))).not.toContain("late");
  });
});

describe("what a program prints", () => {
  // The language host exits with an error for what nobody caught alone: `cmd/run/index.js` of @pulumi/pulumi.
  it("as an error is shown, and fails nothing", async () => {
    const { result, events } = await sandbox().up(async () => {
      await pulumi.log.error("something is off");
    });
    const told = events.flatMap(({ diagnosticEvent }) => (diagnosticEvent ? [diagnosticEvent] : []));
    expect([result, told.map(({ severity, message }) => [severity, message])]).toEqual([
      "succeeded",
      [["error", "something is off\n"]],
    ]);
  });

  it("becomes diagnostics, warnings as warnings", async () => {
    const { events } = await sandbox().up(async () => {
      console.log("to the %s", "reader");
      console.error("trouble");
      await pulumi.log.warn("careful");
    });
    const told = events.flatMap(({ diagnosticEvent }) => (diagnosticEvent ? [diagnosticEvent] : []));
    expect(told.map(({ severity, message, prefix }) => [severity, prefix, message])).toEqual([
      ["info", undefined, "to the reader\n"],
      ["info#err", undefined, "trouble\n"],
      ["warning", "warning: ", "careful\n"],
    ]);
  });
});
