/**
 * The share of an error budget below which nothing is released without a reason, and an alert says so. Source: LatticeForge's plan, 10.2,
 * "Error Budget Policy".
 */
export const leastBudget = 0.1;
