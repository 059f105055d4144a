import type { Terminal } from "../../deployment/display/terminal";
import type { FiringAlert } from "../delivery/app-traffic";
import { backupHours, hoursSince } from "./attention";
import type { RunningImage, StackStatus, Told } from "./stack-status";

/** An item of what is looked at before people stand down after a recovery. */
export interface RecoveryCheck {
  /** @example "the apps of tier P0 are up" */
  readonly item: string;
  /** `unknown`: it could not be read. `person`: no program can tell. */
  readonly state: "ok" | "wrong" | "unknown" | "person";
  /** What is wrong, why it is unknown, or what a person does. Empty where all is well. */
  readonly why: string;
}

/** What fires when something of a kind is wrong: rules over what Azure measures, and over what apps measure. */
const alertsAbout = {
  errors: /server-errors|ErrorRate|(Availability|Synthesis)Burns|AgentTimeout|WorkerFailures/,
  latency: /latency|Latency|Slow/,
  connections: /database-(connections|down)/,
  lag: /database-lag/,
} as const;

/**
 * The checklist of the plans' template (Disaster Recovery, 10), as far as a program can tell, in its order.
 *
 * @param tiers of the stack's services, by name. @example new Map([["api", "P0"]])
 */
export function recoveryChecklist(
  status: StackStatus,
  tiers: ReadonlyMap<string, string>,
  now: Date,
): readonly RecoveryCheck[] {
  const { stack, releases, alerts, backups, jobs } = status;
  const first = [...new Set(tiers.values())].sort()[0];
  const isFirst = ({ service }: { readonly service: string }) => tiers.get(service) === first;
  const up = (some: StackStatus["releases"]) =>
    judged<RunningImage, { readonly service: string }>(
      some,
      ({ service }) => service,
      ({ ready, revision }) => (ready ? undefined : `${revision} has not come up`),
    );
  const none = (isMeant: (alert: FiringAlert) => boolean) =>
    judged<readonly FiringAlert[], { readonly group: string }>(
      alerts,
      ({ group }) => `alerts of ${group}`,
      (firing) => firing.filter(isMeant).map(({ rule }) => `${rule} fires`)[0],
    );
  const quiet = (about: RegExp) => none(({ rule }) => about.test(rule));
  const restored = jobs.filter(({ job }) => job.startsWith("restored-"));
  const saving = jobs.filter(({ job }) => /dumps|copy-|replica-copies|restore-test|dump-test/.test(job));
  const lastRunWell = (some: StackStatus["jobs"]) =>
    worst(
      some.map((job): Judgement => {
        if ("unread" in job) return { state: "unknown", why: `${job.job}: ${job.unread}` };
        if (job.value === undefined) return { state: "person", why: `${job.job} has not run yet: look when it is due` };
        return job.value.state === "failed"
          ? { state: "wrong", why: `${job.job}: ${job.value.run} failed` }
          : { state: "ok", why: "" };
      }),
    );
  const person = (item: string, why: string): RecoveryCheck => ({ item, state: "person", why });
  return [
    { item: `the apps of tier ${first} are up`, ...up(releases.filter(isFirst)) },
    { item: "nothing fires that somebody is paged for", ...none(({ severity }) => severity === 0) },
    { item: "errors are as before", ...quiet(alertsAbout.errors) },
    { item: "latency is as before", ...quiet(alertsAbout.latency) },
    { item: "connections to the database are stable", ...quiet(alertsAbout.connections) },
    { item: "replicas are not behind", ...quiet(alertsAbout.lag) },
    {
      item: "backups are made again",
      ...worst([
        judged<string | undefined, { readonly of: string }>(
          backups,
          ({ of }) => `server ${of}`,
          (at) =>
            at !== undefined && hoursSince(at, now) < backupHours ? undefined : `the newest is of ${at ?? "no day"}`,
        ),
        lastRunWell(saving),
      ]),
    },
    person("alerts arrive", `npm run alert-test -- --stack ${stack}`),
    restored.length === 0
      ? person("nothing was lost, or it is known what", "compare what users had, and write it down")
      : { item: "nothing was lost that the restored server should have", ...lastRunWell(restored) },
    { item: "the other apps are up", ...up(releases.filter((one) => !isFirst(one))) },
    person("everybody who heard of it knows that it is over; the status page says so", "docs/runbooks/incident.md"),
    person("the timeline is written, and a post-mortem has a day within 48 hours", "docs/runbooks/incident.md"),
  ];
}

type Judgement = Omit<RecoveryCheck, "item">;

/** What is to be said of several things: the first that is wrong, or else that could not be read. */
function judged<Value, Named>(
  some: readonly (Told<Value> & Named)[],
  nameOf: (one: Named) => string,
  problemOf: (value: Value) => string | undefined,
): Judgement {
  return worst(
    some.map((one): Judgement => {
      if ("unread" in one) return { state: "unknown", why: `${nameOf(one)}: ${one.unread}` };
      const problem = problemOf(one.value);
      return problem === undefined ? { state: "ok", why: "" } : { state: "wrong", why: `${nameOf(one)}: ${problem}` };
    }),
  );
}

function worst(judgements: readonly Judgement[]): Judgement {
  return (
    judgements.find(({ state }) => state === "wrong") ??
    judgements.find(({ state }) => state === "unknown") ??
    judgements.find(({ state }) => state === "person") ?? { state: "ok", why: "" }
  );
}

const marks = { ok: "✓", wrong: "✗", unknown: "?", person: "☐" } as const;
const styles = { ok: "good", wrong: "danger", unknown: "warn", person: "dim" } as const;

/** The checklist, a line an item. */
export function checklistLines(
  checks: readonly RecoveryCheck[],
  { paint }: Pick<Terminal, "paint">,
): readonly string[] {
  return checks.map(({ item, state, why }) =>
    paint(styles[state], `${marks[state]} ${item}${why === "" ? "" : `: ${why}`}`),
  );
}
