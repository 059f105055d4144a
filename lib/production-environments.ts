const productionEnvironments: readonly string[] = ["prod", "production", "dr"];

/** Whether an environment serves real users, or would take over from the one that does: components and rules hold it to what production promises. */
export function isProductionEnvironment(environment: string): boolean {
  return productionEnvironments.includes(environment);
}
