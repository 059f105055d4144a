import { type Inputs, RunError } from "@pulumi/pulumi";
import { LocatedError } from "./lib/located-yaml/located-error";

/** The program: the environment of the stack that is being deployed. What it returns are the stack's outputs. */
export = function program(): Inputs | Promise<Inputs> {
  try {
    // Loaded here, because it reads the list of systems, which may be wrong.
    return (require("./stacks/deploy-stack") as typeof import("./stacks/deploy-stack")).deployStack();
  } catch (error) {
    // Its message says where each mistake is; a stack trace of the program would only hide it.
    if (error instanceof LocatedError) throw new RunError(error.message);
    throw error;
  }
};
