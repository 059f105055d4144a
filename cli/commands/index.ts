import type { Command } from "../command";

/** The commands by name. Each loads what it needs when it is run: together they need several times what any one of them does. */
export const commands: Readonly<Record<string, () => Command>> = {
  affected: () => (require("./affected") as typeof import("./affected")).affected,
  approval: () => (require("./approval") as typeof import("./approval")).approval,
  bench: () => (require("./bench") as typeof import("./bench")).bench,
  "break-glass-review": () =>
    (require("./break-glass-review") as typeof import("./break-glass-review")).breakGlassReview,
  conformance: () => (require("./conformance") as typeof import("./conformance")).conformance,
  destroy: () => (require("./destroy") as typeof import("./destroy")).destroy,
  drill: () => (require("./drill") as typeof import("./drill")).drill,
  drift: () => (require("./drift") as typeof import("./drift")).drift,
  failover: () => (require("./failover") as typeof import("./failover")).failover,
  generate: () => (require("./generate") as typeof import("./generate")).generate,
  outputs: () => (require("./outputs") as typeof import("./outputs")).outputs,
  policies: () => (require("./policies") as typeof import("./policies")).policies,
  preview: () => (require("./preview") as typeof import("./preview")).preview,
  reap: () => (require("./reap") as typeof import("./reap")).reap,
  prices: () => (require("./prices") as typeof import("./prices")).prices,
  refresh: () => (require("./refresh") as typeof import("./refresh")).refresh,
  report: () => (require("./report") as typeof import("./report")).report,
  "restore-test": () => (require("./restore-test") as typeof import("./restore-test")).restoreTest,
  start: () => (require("./start") as typeof import("./start")).start,
  up: () => (require("./up") as typeof import("./up")).up,
};
