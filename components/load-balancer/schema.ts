import { z } from "zod";
import { loadBalancingAddOn } from "../../lib/cloudflare-plans";
import { durationSeconds } from "../../lib/duration";
import { repeatedName } from "../../lib/located-yaml/problem";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { hostnameSchema } from "../dns-zone/hostname";
import { durationSchema } from "../host-replication/schema";

const { shortestInterval, origins: mostOrigins } = loadBalancingAddOn;

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

/** A host name that several pools of origins serve, the first healthy one at a time. */
export const loadBalancerSchema = z
  .strictObject({
    hostname: hostnameSchema.meta({ description: "The name that visitors use" }),
    monitor: monitorSchema,
    pools: z
      .array(
        z
          .string()
          .max(60)
          .regex(/^[a-z][a-z0-9-]*$/, { error: "expected lower-case letters, digits and dashes" }),
      )
      .min(2)
      .max(mostOrigins)
      .meta({
        description:
          "The pools in the order in which they serve until the first takeover; afterwards it is as a takeover left it",
      }),
  })
  .superRefine(({ pools }, refinement) => {
    addProblems(
      refinement,
      pools.flatMap((_, index) => repeatedName(pools, index, ["pools", index])),
    );
  })
  .meta({
    description: "A host name that several pools of origins serve",
    makes: [{ type: "landscape:load-balancer:LoadBalancer" }],
  });

export type LoadBalancerEntry = z.infer<typeof loadBalancerSchema>;
