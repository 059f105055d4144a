import { applicationSystem } from "../application-system";
import type { SystemProgram } from "../registry";

/** BetterWorld. People and agents who work on problems together: an interface, a website, its administration, and workers. */
export const betterworld: SystemProgram = applicationSystem({
  name: "betterworld",
  compositions: {
    staging: () => (require("./staging") as typeof import("./staging")).staging,
    prod: () => (require("./prod") as typeof import("./prod")).prod,
  },
});
