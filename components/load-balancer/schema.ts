import { z } from "zod";
import { loadBalancingAddOn } from "../../lib/cloudflare-plans";
import { durationSeconds } from "../../lib/duration";
import { type Problem, repeatedName } from "../../lib/located-yaml/problem";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { hostnameSchema } from "../dns-zone/hostname";
import { durationSchema } from "../host-replication/schema";

const { shortestInterval, origins: mostOrigins } = loadBalancingAddOn;

const nameSchema = z
  .string()
  .max(29)
  .regex(/^[a-z][a-z0-9-]*$/, { error: "expected lower-case letters, digits and dashes" });

const monitorSchema = z
  .strictObject({
    path: z.string().startsWith("/").meta({ description: "What is asked for, over HTTPS; 200 is healthy" }),
    every: durationSchema
      .refine((text) => durationSeconds(text) >= shortestInterval && durationSeconds(text) <= 3600, {
        error: `expected ${shortestInterval}s, the least that the add-on allows, to 1h`,
      })
      .exactOptional()
      .meta({ description: "How often each origin is asked. Default: 60s" }),
    timeout: z.int().min(1).max(10).exactOptional().meta({ description: "Seconds. Default: 5" }),
    failures: z.int().min(1).max(10).exactOptional().meta({
      description: "After so many failed questions in a row an origin counts as down. Default: 2",
    }),
  })
  .meta({ description: "How it is found out which pool works" });

const poolSchema = z
  .strictObject({
    name: nameSchema.meta({ description: "For example prod or dr" }),
    origins: z.array(hostnameSchema).min(1).exactOptional().meta({
      description: "The host names that serve, each asked by its own name. Default: those that the program knows",
    }),
  })
  .meta({ description: "Origins that work together, or not at all" });

/** A host name that several pools of origins serve, the first healthy one at a time. */
export const loadBalancerSchema = z
  .strictObject({
    name: nameSchema.meta({ description: "The beginning of the names of its pools" }),
    hostname: hostnameSchema.meta({ description: "The name that visitors use" }),
    monitor: monitorSchema,
    pools: z.array(poolSchema).min(2).max(mostOrigins).meta({
      description:
        "The pools in the order in which they serve until the first takeover; afterwards it is as a takeover left it",
    }),
  })
  .superRefine(({ pools }, refinement) => {
    const names = pools.map(({ name }) => name);
    const repeated = names.flatMap((_, index) => repeatedName(names, index, ["pools", index, "name"]));
    addProblems(refinement, repeated);
  })
  .meta({
    description: "A host name that several pools of origins serve",
    makes: [{ type: "landscape:load-balancer:LoadBalancer", key: "name" }],
  });

export type LoadBalancerEntry = z.infer<typeof loadBalancerSchema>;

/** That a balancer's name is in its zone. */
export function hostnameProblems(hostname: string, domain: string): readonly Problem[] {
  if (hostname === domain || hostname.endsWith(`.${domain}`)) return [];
  return [{ path: ["hostname"], message: `"${hostname}" is not in the zone ${domain}` }];
}
