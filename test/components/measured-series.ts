import type { MetricSeries } from "../../sandbox/clouds/azure-native/monitor/promql-evaluation";

/** What an app measures, minute by minute from the first. */
export type Level = (minute: number) => number;
type Labels = Readonly<Record<string, string>>;

/** So long everything is measured. */
export const minutes = 90;
const everyMinute = Array.from({ length: minutes }, (_, index) => index + 1);

/** A value in each minute. */
function gauge(name: string, labels: Labels, value: Level): MetricSeries {
  return { labels: { ...labels, __name__: name }, samples: everyMinute.map((minute) => [minute, value(minute)]) };
}

/** What grows in each minute by so much. */
export function counter(name: string, labels: Labels, growth: Level): MetricSeries {
  let total = 0;
  return gauge(name, labels, (minute) => {
    total += growth(minute);
    return total;
  });
}

/** A hundred each minute, of which a share has a label. */
function shared(name: string, labels: Labels, label: string, [bad, good]: readonly [string, string], share: Level) {
  return [
    counter(name, { ...labels, [label]: bad }, (minute) => 100 * share(minute)),
    counter(name, { ...labels, [label]: good }, (minute) => 100 * (1 - share(minute))),
  ];
}

/** A hundred each minute, of which a share takes longer than a bound, at most twice as long. */
function timed(name: string, labels: Labels, bound: number, slow: Level): readonly MetricSeries[] {
  const within = (le: string, share: Level) =>
    counter(`${name}_bucket`, { ...labels, le }, (minute) => 100 * share(minute));
  return [
    within(String(bound), (minute) => 1 - slow(minute)),
    within(String(2 * bound), () => 1),
    within("+Inf", () => 1),
  ];
}

const api = { job: "api", service: "api", replica: "api-1" };
export const requests = (share: Level) => shared("http_requests_total", api, "status", ["503", "200"], share);
const answers = (bound: number) => (slow: Level) => timed("http_request_duration_seconds", api, bound, slow);
const agents = (outcome: string) => (share: Level) =>
  shared("agent_tasks_total", { job: "agents", agent: "planner" }, "outcome", [outcome, "done"], share);
const quota = (share: Level) => [
  gauge("memory_tier_used_bytes", { tier: "long" }, (minute) => 1000 * share(minute)),
  gauge("memory_tier_quota_bytes", { tier: "long" }, () => 1000),
];
export const up = (value: Level) => [gauge("up", api, value)];

/** Of each alert what its apps measure, at a level that says nothing and at one that does, and whom it then tells. */
export const measuredAlerts: readonly (readonly [
  system: string,
  alert: string,
  measured: (level: Level) => readonly MetricSeries[],
  under: number,
  over: number,
  severity: number,
])[] = [
  ["latticeforge", "ServiceDown", up, 1, 0, 0],
  ["latticeforge", "HighErrorRate", requests, 0.04, 0.06, 2],
  ["latticeforge", "HighErrorRateCritical", requests, 0.09, 0.11, 0],
  ["latticeforge", "HighLatency", answers(2), 0.005, 0.05, 2],
  ["betterworld", "APIDown", up, 1, 0, 0],
  ["betterworld", "HighErrorRate", requests, 0.09, 0.11, 0],
  ["betterworld", "ElevatedErrorRate", requests, 0.01, 0.03, 2],
  ["betterworld", "HighLatency", answers(0.5), 0.04, 0.2, 2],
  [
    "betterworld",
    "QueueBacklog",
    (size) => ["a", "b"].map((replica) => gauge("bullmq_queue_size", { queue: "guardrail-evaluation", replica }, size)),
    ...([500, 501, 2] as const),
  ],
  ["betterworld", "GuardrailSlow", (slow) => timed("guardrail_evaluation_duration_seconds", {}, 5, slow), 0.04, 0.2, 3],
  ["betterworld", "QueriesSlow", (slow) => timed("db_query_duration_seconds", api, 0.2, slow), 0.04, 0.2, 2],
  ["betterworld", "QueriesVerySlow", (slow) => timed("db_query_duration_seconds", api, 0.5, slow), 0.04, 0.2, 0],
  [
    "kimberly",
    "MemoryRetrievalSlow",
    (slow) => timed("memory_retrieval_duration_seconds", {}, 0.15, slow),
    0.04,
    0.2,
    2,
  ],
  [
    "kimberly",
    "VectorSearchSlowMedian",
    (slow) => timed("vector_search_duration_seconds", {}, 0.05, slow),
    0.4,
    0.7,
    2,
  ],
  ["kimberly", "VectorSearchSlow", (slow) => timed("vector_search_duration_seconds", {}, 0.5, slow), 0.005, 0.05, 2],
  ["kimberly", "MemoryTierNearQuota", quota, 0.8, 0.81, 2],
  ["kimberly", "MemoryTierFull", quota, 0.95, 0.96, 0],
  [
    "kimberly",
    "WorkerFailures",
    (share) => shared("worker_tasks_total", { job: "workers" }, "outcome", ["error", "done"], share),
    ...([0.04, 0.06, 2] as const),
  ],
  ["kimberly", "AgentErrorRateHigh", agents("error"), 0.04, 0.06, 2],
  ["kimberly", "AgentTimeout", agents("timeout"), 0.04, 0.06, 2],
];
