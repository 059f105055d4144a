/** The plans of a zone, by the names that Cloudflare's API gives them. */
export const cloudflarePlans = ["free", "pro", "business", "enterprise"] as const;

export type CloudflarePlan = (typeof cloudflarePlans)[number];

/**
 * How many rules a zone can have in each of the phases for redirects and for configuration.
 * Source: Cloudflare documentation, "Single Redirects" and "Configuration Rules", availability.
 */
export const rulesPerPhase: Readonly<Record<CloudflarePlan, number>> = {
  free: 10,
  pro: 25,
  business: 50,
  enterprise: 300,
};
