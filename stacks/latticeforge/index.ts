import { applicationSystem } from "../application-system";
import type { SystemProgram } from "../registry";

/** LatticeForge. Synthesis of documents: an interface, a website, workers and models on graphics processors. */
export const latticeforge: SystemProgram = applicationSystem({
  name: "latticeforge",
  compositions: {
    staging: () => (require("./staging") as typeof import("./staging")).staging,
    prod: () => (require("./prod") as typeof import("./prod")).prod,
    dr: () => (require("./dr") as typeof import("./dr")).dr,
  },
});
