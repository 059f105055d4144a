import type { TimingSettings } from "../../host-settings";
import type { HealthProblem, HostStatus } from "./host-status";

/** From here on a host is not healthy, and answers 503. */
const healthLimits = {
  /** A copy this far behind costs more than the plan allows for; an outage of the store below it is ridden out. */
  failingLagSeconds: 300,
  /** What the plan promises ("ANVIL SPOF Elimination Plan": RPO below 60 s). */
  degradedLagSeconds: 60,
  failingFreeBytes: 256 * 1024 * 1024,
  /** For small disks. */
  failingFreeShare: 0.02,
  degradedFreeShare: 0.05,
} as const;

/** What the agents' states and files say, not judged yet. */
export type HostFacts = Omit<HostStatus, "status" | "problems" | "agents"> & {
  /** Undefined when launchd did not answer. */
  readonly agents: HostStatus["agents"] | undefined;
  /** What the agents that replicate or follow say is wrong. */
  readonly said: readonly string[];
  /** Predecessors that launchd has, although this host has a role, as launchd names them: `gui/501/com.alai.litestream`. */
  readonly beside: readonly string[];
};

export interface HealthRules {
  readonly labelPrefix: string;
  readonly primaryOnlyAgents: readonly string[];
  readonly timing: TimingSettings;
}

/** What is wrong with a host, the worst first. Pure: the same facts, the same answer. */
export function judgeHealth(facts: HostFacts, rules: HealthRules, now: Date): readonly HealthProblem[] {
  const problems = [
    ...roleProblems(facts, rules, now),
    ...agentProblems(facts, rules),
    ...databaseProblems(facts),
    ...facts.said.map((text) => degraded("replication", text)),
    ...facts.beside.map((target) =>
      failing(
        "replication",
        `${target.split("/").at(-1)} runs beside ours, and both work on the same files: launchctl bootout ${target}, and take its property list away, which launchd loads again at the next login`,
      ),
    ),
    ...diskProblems(facts),
    ...inferenceProblems(facts),
    ...leftoverProblems(facts),
    ...promotionProblems(facts),
  ];
  return problems.toSorted((left, right) => Number(right.level === "failing") - Number(left.level === "failing"));
}

export function statusOf(problems: readonly HealthProblem[]): HostStatus["status"] {
  if (problems.some(({ level }) => level === "failing")) return "failing";
  return problems.length > 0 ? "degraded" : "ok";
}

const failing = (about: HealthProblem["about"], text: string): HealthProblem => ({ level: "failing", about, text });
const degraded = (about: HealthProblem["about"], text: string): HealthProblem => ({ level: "degraded", about, text });

function roleProblems({ role }: HostFacts, { timing }: HealthRules, now: Date): readonly HealthProblem[] {
  if (role === undefined) return [failing("role", "no role yet: the lease agent has not written state/role.json")];
  if (role.role !== "primary" && role.role !== "standby") {
    const why = role.problem === undefined ? "" : `: ${role.problem}`;
    return [failing("role", `role ${role.role} since ${role.since}${why}`)];
  }
  const problem = role.problem === undefined ? [] : [degraded("role", role.problem)];
  if (role.confirmedAt === undefined) return [...problem, degraded("role", `term ${role.term} was never confirmed`)];
  const age = (now.getTime() - Date.parse(role.confirmedAt)) / 1000;
  if (age <= timing.confirmationSeconds) return problem;
  return [...problem, degraded("role", `term ${role.term} was last confirmed ${Math.round(age)} s ago`)];
}

function agentProblems({ agents, role }: HostFacts, rules: HealthRules): readonly HealthProblem[] {
  if (agents === undefined) return [degraded("agent", "launchd does not say which agents run")];
  const isPrimary = role?.role === "primary";
  const own = (name: string): string => `${rules.labelPrefix}.${name}`;
  const replicates = (label: string): boolean => label.startsWith(own("replicate-"));
  return agents.flatMap(({ label, running }) => {
    if (running) return [];
    const text = `agent ${label} does not run`;
    if (label === own("lease")) return [failing("agent", text)];
    if (rules.primaryOnlyAgents.includes(label)) return isPrimary ? [failing("agent", text)] : [];
    if (label === own("follow") && !isPrimary) return [failing("agent", text)];
    if (replicates(label) && isPrimary) return [failing("agent", text)];
    return [degraded("agent", text)];
  });
}

function databaseProblems({ databases, role }: HostFacts): readonly HealthProblem[] {
  const side = role?.role === "primary" ? "the store is" : "the copy is";
  const stalled = databases.filter(({ state }) => state === "stalled");
  return [
    ...lagging(databases, healthLimits.failingLagSeconds, Number.POSITIVE_INFINITY).map(({ name, lagSeconds = 0 }) =>
      failing("replication", `${name}: ${side} ${Math.round(lagSeconds)} s behind`),
    ),
    ...lagging(databases, healthLimits.degradedLagSeconds, healthLimits.failingLagSeconds).map(
      ({ name, lagSeconds = 0 }) => degraded("replication", `${name}: ${side} ${Math.round(lagSeconds)} s behind`),
    ),
    ...(stalled.length === 0
      ? []
      : [degraded("replication", `stalled, restored again: ${stalled.map(({ name }) => name).join(", ")}`)]),
  ];
}

function lagging(databases: HostFacts["databases"], above: number, upTo: number): HostFacts["databases"] {
  return databases.filter(({ lagSeconds = 0 }) => lagSeconds > above && lagSeconds <= upTo);
}

function diskProblems({ disk }: HostFacts): readonly HealthProblem[] {
  if (disk === undefined) return [degraded("disk", "the disk's free space cannot be read")];
  const free = `${Math.round(disk.freeBytes / 1024 / 1024)} MiB free at ${disk.path}`;
  const least = Math.min(healthLimits.failingFreeBytes, disk.totalBytes * healthLimits.failingFreeShare);
  if (disk.freeBytes < least) return [failing("disk", free)];
  return disk.freeBytes < disk.totalBytes * healthLimits.degradedFreeShare ? [degraded("disk", free)] : [];
}

function inferenceProblems({ inference }: HostFacts): readonly HealthProblem[] {
  if (inference === undefined) return [degraded("inference", "inference was not checked yet")];
  const nobody = Object.values(inference.servers).every(({ healthy }) => !healthy);
  return [
    ...(nobody ? [degraded("inference", "no inference server answers")] : []),
    ...inference.problems.map((problem) => degraded("inference", `inference: ${problem}`)),
  ];
}

/** No program removes these: a person has to look at them. */
function leftoverProblems({ aside, asideSize, unclaimed = [] }: HostFacts): readonly HealthProblem[] {
  const problems: HealthProblem[] = [];
  if (aside.length > 0) {
    const size = asideSize && ` (${(asideSize.bytes / 1e6).toFixed(1)} MB, since ${asideSize.since.slice(0, 10)})`;
    const names = aside.map((name) => `aside/${name}`).join(", ");
    problems.push(degraded("aside", `writes of a deposed primary wait to be looked at${size ?? ""}: ${names}`));
  }
  if (unclaimed.length > 0) {
    problems.push(degraded("aside", `replicas of earlier terms that nobody took over whole: ${unclaimed.join(", ")}`));
  }
  return problems;
}

/** Of the term that the host serves in: an earlier one is history. */
function promotionProblems({ promotion, role }: HostFacts): readonly HealthProblem[] {
  if (promotion === undefined || role?.role !== "primary" || promotion.term !== role.term) return [];
  const { notRecovered, incomplete } = promotion;
  return [
    ...(notRecovered.length === 0
      ? []
      : [degraded("replication", `the promotion could not recover: ${notRecovered.join(", ")}`)]),
    ...(incomplete.length === 0
      ? []
      : [degraded("replication", `the promotion could not use the newest transactions of: ${incomplete.join(", ")}`)]),
  ];
}
