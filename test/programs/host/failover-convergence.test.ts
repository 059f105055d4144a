import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FailoverRequest } from "../../../programs/host/failover/failover-options";
import { runFailover } from "../../../programs/host/failover/run-failover";
import { PairModel } from "./pair-model";
import { pairSettings } from "./pair-settings";

const people = { say: () => undefined, agree: async () => true };

async function run(model: PairModel, request: FailoverRequest) {
  // What a killed process throws on its way out is nobody's: it is dead.
  return runFailover(request, model.environment(), people, { pollMs: 0 }).catch(() => undefined);
}

interface Scenario {
  readonly name: string;
  readonly changes: Partial<FailoverRequest>;
  readonly prepare: (model: PairModel) => void;
  readonly primary: "anvil" | "forge";
  readonly address: string;
  readonly term: number;
}

const hostLoss: Scenario = {
  name: "the primary is gone",
  changes: {},
  prepare: (model) => {
    model.hosts.anvil.isUp = false;
  },
  primary: "forge",
  address: "100.64.0.2",
  term: 2,
};
const planned: Scenario = {
  name: "planned",
  changes: { planned: true },
  prepare: (model) => {
    // The primary has more than the store, and the store more than the standby.
    model.written = 12;
    model.sent = 9;
  },
  primary: "forge",
  address: "100.64.0.2",
  term: 2,
};
const back: Scenario = {
  ...planned,
  name: "called back before it began",
  changes: { to: "anvil", planned: true },
  primary: "anvil",
  address: "100.64.0.1",
  term: 1,
};

function prepared({ prepare }: Scenario): PairModel {
  const model = new PairModel(pairSettings());
  prepare(model);
  return model;
}

function expectServing(model: PairModel, { primary, address, term }: Scenario): void {
  expect(model.lease?.primary).toBe(primary);
  expect(model.lease?.term).toBe(term);
  expect(model.lease?.phase).toEqual({ kind: "serving" });
  expect(model.hosts[primary].role.role).toBe("primary");
  expect(model.name).toBe(address);
  expect(model.violations).toEqual([]);
}

describe.each([hostLoss, planned, back])("failover: $name", (scenario) => {
  it("ends with one primary, and a second run has nothing to change", async () => {
    const model = prepared(scenario);
    const evidence = await run(model, model.request(scenario.changes));
    expect(evidence?.exitCode, evidence?.outcome).toBe(0);
    expectServing(model, scenario);
    const { etag, nameSwitches } = model;
    const again = await run(model, model.request(scenario.changes));
    expect(again?.exitCode).toBe(0);
    expect(model).toMatchObject({ etag, nameSwitches });
  });

  it("converges when it was killed before or after any of its calls and is run again", async () => {
    const whole = prepared(scenario);
    await run(whole, whole.request(scenario.changes));
    expect(whole.calls).toBeGreaterThan(8);
    for (let at = 1; at <= whole.calls; at += 1) {
      for (const when of ["before", "after"] as const) {
        const model = prepared(scenario);
        model.kill = { at, when };
        await run(model, model.request(scenario.changes));
        model.kill = undefined;
        const again = await run(model, model.request(scenario.changes));
        expect(again?.exitCode, `killed ${when} call ${at}: ${JSON.stringify(again?.steps)}`).toBe(0);
        expectServing(model, scenario);
      }
    }
  });
});

describe("failover", () => {
  it("loses nothing when it is planned: the copies have every transaction before the lease is taken", async () => {
    const model = prepared(planned);
    await run(model, model.request({ planned: true }));
    expect(model.hosts.forge.txid).toBe(12);
  });

  it("converges after any number of kills, with time passing in between", async () => {
    const kill = fc.record({
      at: fc.integer({ min: 1, max: 25 }),
      when: fc.constantFrom("before" as const, "after" as const),
      pause: fc.integer({ min: 0, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(hostLoss, planned),
        fc.array(kill, { maxLength: 4 }),
        async (scenario, kills) => {
          const model = prepared(scenario);
          for (const { at, when, pause } of kills) {
            model.kill = { at: model.calls + at, when };
            await run(model, model.request(scenario.changes));
            model.kill = undefined;
            for (let ticks = 0; ticks < pause; ticks += 1) model.tick();
          }
          const last = await run(model, model.request(scenario.changes));
          expect(last?.exitCode, JSON.stringify(last?.steps)).toBe(0);
          expectServing(model, scenario);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("takes one term when two people order it at once", async () => {
    const model = prepared(hostLoss);
    const both = await Promise.all([run(model, model.request()), run(model, model.request())]);
    expect(both.map((evidence) => evidence?.exitCode)).toEqual([0, 0]);
    expectServing(model, hostLoss);
  });

  it("goes on unplanned when the primary dies while it hands over", async () => {
    const model = prepared(planned);
    model.hosts.anvil.reachesStore = false;
    await run(model, model.request({ planned: true, timeoutSeconds: 0.05 }));
    expect(model.lease?.phase.kind).toBe("handover");
    model.hosts.anvil.isUp = false;
    expect((await run(model, model.request({ planned: true })))?.exitCode).toBe(5);
    const evidence = await run(model, model.request());
    expect(evidence?.exitCode, JSON.stringify(evidence?.refusals)).toBe(0);
    expectServing(model, planned);
  });

  it("calls a handover off when it is ordered to the host that was handing over", async () => {
    const model = prepared(planned);
    model.hosts.anvil.reachesStore = false;
    const stuck = await run(model, model.request({ planned: true, timeoutSeconds: 0.05 }));
    expect(stuck).toMatchObject({ exitCode: 9 });
    expect(model.lease?.phase.kind).toBe("handover");
    model.hosts.anvil.reachesStore = true;
    expect((await run(model, model.request({ to: "anvil" })))?.exitCode).toBe(0);
    expectServing(model, { ...planned, primary: "anvil", address: "100.64.0.1", term: 1 });
  });

  it("does not take what the primary was given back while the copies caught up", async () => {
    const model = prepared(planned);
    model.hosts.forge.speed = 0;
    const first = run(model, model.request({ planned: true }));
    await expect.poll(() => model.lease?.phase.kind).toBe("fenced");
    await run(model, model.request({ to: "anvil" }));
    model.hosts.forge.speed = 1;
    expect(await first).toMatchObject({ exitCode: 4 });
    expectServing(model, { ...planned, primary: "anvil", address: "100.64.0.1", term: 1 });
  });

  it("and the way back end where they began, in term 3, whatever `up` would have said meanwhile", async () => {
    const model = prepared(hostLoss);
    await run(model, model.request());
    model.hosts.anvil.isUp = true;
    for (let ticks = 0; ticks < 5; ticks += 1) model.tick();
    expect(model.hosts.anvil).toMatchObject({ role: { role: "standby", term: 2 }, ownDatabases: false });
    const evidence = await run(model, model.request({ to: "anvil", planned: true }));
    expect(evidence?.exitCode, JSON.stringify(evidence?.steps)).toBe(0);
    expectServing(model, { ...planned, primary: "anvil", address: "100.64.0.1", term: 3 });
  });
});
