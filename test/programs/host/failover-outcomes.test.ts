import { describe, expect, it } from "vitest";
import { acceptedRisks } from "../../../programs/host/failover/failover-options";
import type { FailoverEnvironment } from "../../../programs/host/failover/observation";
import { runFailover } from "../../../programs/host/failover/run-failover";
import { PairModel } from "./pair-model";
import { pairSettings } from "./pair-settings";

const gone = (model: PairModel): void => {
  model.hosts.anvil.isUp = false;
};

describe("failover", () => {
  it("goes on without the record when that was accepted, and says what to do by hand", async () => {
    const model = new PairModel(pairSettings());
    gone(model);
    const name = { read: async () => ({ kind: "unreadable" as const, why: "503" }), point: async () => "503" };
    const said: string[] = [];
    const people = { say: (line: string) => said.push(line), agree: async () => true };
    const withName = { ...model.environment(), name };
    expect((await runFailover(model.request(), withName, people, { pollMs: 0 })).exitCode).toBe(5);
    const accepted = { ...acceptedRisks({}), withoutName: true };
    const evidence = await runFailover(model.request({ accepted }), withName, people, { pollMs: 0 });
    expect(evidence.exitCode).toBe(0);
    expect(said).toContain("warning: point primary.net.example.com at forge by hand");
  });

  it("shows the steps of a dry run and changes nothing", async () => {
    const model = new PairModel(pairSettings());
    const said: string[] = [];
    const people = { say: (line: string) => said.push(line), agree: async () => true };
    const evidence = await runFailover(model.request({ planned: true }), model.environment(), people, {
      dryRun: true,
    });
    expect(evidence.exitCode).toBe(0);
    expect(said).toEqual(
      [
        "ask the primary to hand over",
        "wait until the primary is fenced",
        "let the copies catch up",
        "take the lease",
        "wait for the promotion",
        "switch the name",
        "route inference",
        "verify",
      ].map((step) => `would: ${step}`),
    );
    expect(model).toMatchObject({ etag: 1, nameSwitches: 0 });
  });

  it("changes nothing when nobody agrees", async () => {
    const model = new PairModel(pairSettings());
    gone(model);
    const evidence = await runFailover(model.request(), model.environment(), {
      say: () => undefined,
      agree: async () => false,
    });
    expect(evidence.exitCode).toBe(8);
    expect(model.etag).toBe(1);
  });

  it("does not end while a primary that was silent is back and still acts as one, and says so", async () => {
    const model = new PairModel(pairSettings());
    // Neither it nor the store is reached from there: the split brain that a partition makes.
    model.hosts.anvil.isReachable = false;
    model.hosts.anvil.reachesStore = false;
    const people = { say: () => undefined, agree: async () => true };
    const environment = model.environment();
    const point = environment.name.point;
    environment.name.point = (address) => {
      model.hosts.anvil.isReachable = true;
      return point(address);
    };
    const evidence = await runFailover(model.request({ timeoutSeconds: 0.1 }), environment, people, { pollMs: 1 });
    expect(evidence.exitCode).toBe(9);
    expect(evidence.steps.at(-1)).toMatchObject({
      step: "verify",
      detail: expect.stringMatching(/anvil still acts as primary of term 1 beside term 2/),
    });
    model.hosts.anvil.reachesStore = true;
    expect((await runFailover(model.request(), model.environment(), people, { pollMs: 0 })).exitCode).toBe(0);
    expect(model.hosts.anvil.role.role).toBe("standby");
  });

  it("ends with a warning when the primary was given up and is still cut off from the store", async () => {
    const model = new PairModel(
      pairSettings({ timing: { leaseSeconds: 0.01, confirmationSeconds: 1, stalledSeconds: 1 } }),
    );
    model.hosts.anvil.reachesStore = false;
    const accepted = { ...acceptedRisks({}), primaryIsLost: true };
    const people = { say: () => undefined, agree: async () => true };
    const evidence = await runFailover(model.request({ accepted }), model.environment(), people, { pollMs: 1 });
    expect(evidence.exitCode).toBe(0);
    expect(evidence.steps.at(-1)?.detail).toMatch(/WARNING: anvil still acts as primary of term 1/);
  });

  it("switches the name although inference cannot be routed, and says that not everything works", async () => {
    const model = new PairModel(pairSettings());
    gone(model);
    model.inferenceAnswers = false;
    const people = { say: () => undefined, agree: async () => true };
    const evidence = await runFailover(model.request({ timeoutSeconds: 0.05 }), model.environment(), people, {
      pollMs: 1,
    });
    expect(evidence).toMatchObject({ exitCode: 4, outcome: "forge is primary, and not everything works" });
    expect(model.name).toBe("100.64.0.2");
    expect(evidence.steps.at(-1)).toMatchObject({ step: "verify", outcome: "done" });
  });

  it("serves without a database that could not be recovered, and names it", async () => {
    const model = new PairModel(pairSettings());
    gone(model);
    model.notRecovered = ["tasks"];
    const people = { say: () => undefined, agree: async () => true };
    const evidence = await runFailover(model.request(), model.environment(), people, { pollMs: 0 });
    expect(evidence.exitCode).toBe(4);
    expect(evidence.steps.at(-1)?.detail).toMatch(/forge serves term 2.*recovered: tasks/);
    expect(model.name).toBe("100.64.0.2");
  });

  it("asks a store again that did not answer once", async () => {
    const model = new PairModel(pairSettings());
    gone(model);
    const environment = model.environment();
    const { read } = environment.lease;
    let asked = 0;
    environment.lease.read = async () => {
      asked += 1;
      return asked === 1 ? { kind: "unreachable", reason: "slow" } : read();
    };
    const people = { say: () => undefined, agree: async () => true };
    expect((await runFailover(model.request(), environment, people, { pollMs: 0 })).exitCode).toBe(0);
  });

  it("asks a primary again that did not answer once, before it takes it for gone", async () => {
    const model = new PairModel(pairSettings());
    const environment = model.environment();
    let asked = 0;
    const ask: FailoverEnvironment["ask"] = async (host) => {
      asked += host.name === "anvil" ? 1 : 0;
      return asked === 1 && host.name === "anvil" ? { kind: "silent", why: "busy" } : environment.ask(host);
    };
    const people = { say: () => undefined, agree: async () => true };
    expect((await runFailover(model.request(), { ...environment, ask }, people, { pollMs: 0 })).exitCode).toBe(5);
  });

  it("stops at an interrupt with its own exit code", async () => {
    const model = new PairModel(pairSettings());
    gone(model);
    const interrupt = new AbortController();
    const people = { say: () => interrupt.abort(), agree: async () => true };
    const evidence = await runFailover(model.request(), model.environment(interrupt.signal), people, { pollMs: 0 });
    expect(evidence.exitCode).toBe(8);
    expect(evidence.outcome).toMatch(/the same command again goes on/);
  });
});
