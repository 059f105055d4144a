import { describe, expect, it } from "vitest";
import type { Evidence } from "../../../programs/host/failover/evidence";
import { type AcceptedRisks, acceptedRisks } from "../../../programs/host/failover/failover-options";
import type { HostAnswer } from "../../../programs/host/failover/host-answer";
import type { FailoverEnvironment } from "../../../programs/host/failover/observation";
import { runFailover } from "../../../programs/host/failover/run-failover";
import { PairModel } from "./pair-model";
import { pairSettings } from "./pair-settings";

interface Case {
  readonly name: string;
  readonly planned?: boolean;
  readonly change: (model: PairModel) => void;
  /** Changes what forge says of itself. */
  readonly forge?: (status: Extract<HostAnswer, { kind: "answers" }>["status"]) => void;
  readonly why: RegExp;
  /** What the message offers, and what then lets it through. */
  readonly override?: readonly [RegExp, Partial<AcceptedRisks>];
}

const gone = (model: PairModel): void => {
  model.hosts.anvil.isUp = false;
};

const cases: readonly Case[] = [
  {
    name: "a primary that answers",
    change: () => undefined,
    why: /anvil answers, and serves in term 1/,
    override: [/--planned.*--primary-is-lost/, { primaryIsLost: true }],
  },
  {
    name: "a planned one without its primary",
    planned: true,
    change: gone,
    why: /anvil cannot hand over: ECONNREFUSED/,
  },
  {
    name: "a standby that is too far behind",
    change: (model) => {
      gone(model);
      model.hosts.forge.lagSeconds = 90;
    },
    why: /more than 60 s behind: tasks 90 s/,
    override: [/--accept-lag 95/, { lagSeconds: 95 }],
  },
  {
    name: "a database that is not followed",
    change: gone,
    forge: (status) => {
      status.databases = [{ name: "tasks", tier: "P0-critical", state: "stalled" }];
    },
    why: /not followed on forge: tasks \(stalled\)/,
    override: [/--accept-incomplete/, { incomplete: true }],
  },
  {
    name: "a standby that is not healthy",
    change: gone,
    forge: (status) => {
      status.problems = [{ level: "failing", about: "disk", text: "3 MiB free on the disk" }];
    },
    why: /forge is not healthy: 3 MiB free/,
    override: [/--accept-unhealthy/, { unhealthy: true }],
  },
  {
    name: "a standby that does not answer",
    change: (model) => {
      gone(model);
      model.hosts.forge.isReachable = false;
    },
    why: /forge does not answer/,
  },
  {
    name: "a standby that does not know the term",
    change: (model) => {
      gone(model);
      model.hosts.forge.reachesStore = false;
      if (model.lease) model.lease = { ...model.lease, term: 4 };
    },
    why: /forge knows of term 1; the lease is at 4/,
  },
  {
    name: "a store that does not answer",
    change: (model) => {
      gone(model);
      model.storeAnswers = false;
    },
    why: /the store does not answer/,
  },
  {
    name: "a lease that is not there",
    change: (model) => {
      gone(model);
      model.lease = undefined;
    },
    why: /there is no lease at http/,
  },
];

async function attempt(
  given: Case,
  accepted: Partial<AcceptedRisks>,
): Promise<{ evidence: Evidence; model: PairModel; said: string[] }> {
  const model = new PairModel(pairSettings());
  given.change(model);
  const said: string[] = [];
  const people = { say: (line: string) => said.push(line), agree: async () => true };
  const request = model.request({ planned: given.planned ?? false, accepted: { ...acceptedRisks({}), ...accepted } });
  const evidence = await runFailover(request, changed(model.environment(), given.forge), people, { pollMs: 0 });
  return { evidence, model, said };
}

function changed(environment: FailoverEnvironment, change: Case["forge"]): FailoverEnvironment {
  if (change === undefined) return environment;
  return {
    ...environment,
    ask: async (host) => {
      const answer = await environment.ask(host);
      if (answer.kind === "answers" && host.name === "forge" && answer.status.role?.role === "standby")
        change(answer.status);
      return answer;
    },
  };
}

describe("failover refuses", () => {
  it.each(cases)("$name", async (given) => {
    const { evidence, model, said } = await attempt(given, {});
    expect(evidence).toMatchObject({ exitCode: 5, outcome: "refused; nothing was changed", steps: [] });
    expect(model).toMatchObject({ etag: 1, nameSwitches: 0 });
    expect(said.join("\n")).toMatch(given.why);
    if (given.override !== undefined) expect(said.join("\n")).toMatch(given.override[0]);
  });

  it.each(cases.filter(({ override }) => override !== undefined))("$name, unless it is accepted", async (given) => {
    const { evidence, model } = await attempt(given, given.override?.[1] ?? {});
    expect(evidence.exitCode, JSON.stringify(evidence.refusals)).toBe(0);
    expect(model).toMatchObject({ name: "100.64.0.2", violations: [] });
  });

  it("all at once, and before anything changes", async () => {
    const { evidence } = await attempt(
      {
        name: "",
        change: (model) => {
          model.hosts.forge.lagSeconds = 90;
        },
        why: /./,
      },
      {},
    );
    expect(evidence.refusals).toHaveLength(2);
  });
});
