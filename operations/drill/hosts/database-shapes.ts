/** How large a database is on the real host, and how often it is written. */
export interface DatabaseShape {
  /** 0: an empty file. A drill makes them smaller by its scale. */
  readonly kilobytes: number;
  /** Seconds between two writes. Undefined: never written. */
  readonly everySeconds: number | undefined;
  /** `absent`: no file until the first write, some seconds after the start. */
  readonly atStart: "filled" | "empty" | "absent";
}

// The plan says "very high" to "low". These are what two cores carry together with the store and both hosts.
const veryHigh = 1;
const high = 2;
const medium = 6;
const low = 12;

/** Databases that differ from {@link usual}: kilobytes, and seconds between writes. */
const measured: Readonly<Record<string, readonly [kilobytes: number, everySeconds: number]>> = {
  "mission-control": [26_000, veryHigh],
  hivemind: [162_000, high],
  tasks: [4, high],
  costs: [256, high],
  events: [14_000, high],
  "orchestrator-queue": [28, high],
  "orchestrator-workers": [36, high],
  "durable-runner": [896, medium],
  "session-index": [56_000, high],
  knowledge: [192_000, medium],
  "email-inbox": [3_100, high],
  directives: [16, high],
  leads: [256, medium],
  "agent-routing": [4_100, medium],
  "bee-index": [4_200, medium],
  "bih-tenders": [640, low],
  contacts: [192, low],
  "deploy-registry": [16, low],
  "design-reviews": [64, low],
  distill: [2_000, medium],
  documents: [32, low],
  drafts: [360, medium],
  "email-audit": [256, medium],
  facts: [20, low],
  flywheel: [432_000, low],
  "guardrails-audit": [10_000, medium],
  "health-events": [15_000, high],
  "hivemind-archive": [6_700, low],
  minions: [192, medium],
  projects: [40, low],
  "routing-outcomes": [192, medium],
  "skill-improvements": [20, low],
  "skill-registry": [128, low],
  "sprint-pipeline": [32, medium],
  "strategy-tracker": [128, low],
  teams: [40, low],
  tenders: [384, low],
  "tool-audit": [6_100, medium],
  "tool-registry": [128, low],
  "trace-events": [52_000, high],
  "applications-tracker": [12, low],
  contracts: [40, low],
  "baikal-caldav": [108, low],
  "prompt-cache": [320, medium],
};
const usual: readonly [number, number] = [40, medium];

/** Empty files that are written for the first time during the drill. */
const emptyAtStart: ReadonlySet<string> = new Set([
  "fiken",
  "companies",
  "email-briefing",
  "email-index",
  "master-control",
  "mc",
  "orchestrator-events",
]);
/** Made by their first write, during the drill. */
const absentAtStart: ReadonlySet<string> = new Set(["emails"]);
/** Empty files that are never written. */
const alwaysEmpty: ReadonlySet<string> = new Set(["stbs", "usage"]);

/** What a drill makes of a database of the inventory, as the plan measured it on the primary; an unknown one is small. */
export function databaseShape(name: string): DatabaseShape {
  if (alwaysEmpty.has(name)) return { kilobytes: 0, everySeconds: undefined, atStart: "empty" };
  const [kilobytes, everySeconds] = measured[name] ?? usual;
  if (absentAtStart.has(name)) return { kilobytes: 0, everySeconds, atStart: "absent" };
  if (emptyAtStart.has(name)) return { kilobytes: 0, everySeconds, atStart: "empty" };
  return { kilobytes, everySeconds, atStart: "filled" };
}
