/** Environments that serve real users, or would take over from the one that does: components and rules hold them to what production promises. */
export const productionEnvironments: readonly string[] = ["prod", "production", "dr"];
