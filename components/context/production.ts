import type { StackContext } from "./stack-context";

/** Environments that serve real users, or would take over from the one that does. */
const productionEnvironments: readonly string[] = ["prod", "dr"];

/** Whether defaults follow production: longer backups, copies in a second region. Sizes are always stated, never guessed from this. */
export function isProduction(context: Pick<StackContext, "environment">): boolean {
  return productionEnvironments.includes(context.environment);
}
