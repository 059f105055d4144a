import { applicationSystem } from "../application-system";
import type { SystemProgram } from "../registry";

/** Kimberly. A personal assistant with a memory: a gateway, the services behind it, workers, and a nightly job. */
export const kimberly: SystemProgram = applicationSystem({
  name: "kimberly",
  compositions: {
    staging: () => (require("./staging") as typeof import("./staging")).staging,
    prod: () => (require("./prod") as typeof import("./prod")).prod,
  },
});
