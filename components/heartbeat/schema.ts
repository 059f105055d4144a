import { z } from "zod";
import { branchNameSchema, repositoryNameSchema } from "../repository/schema";
import { tagSchema } from "../tailnet/schema";

/** A channel of Slack: names have 80 characters at most. */
export const slackChannelSchema = z
  .string()
  .regex(/^#[a-z0-9_-]{1,80}$/, 'expected a Slack channel, for example "#ops"');

/** What is watched from outside, and who hears of it. */
export const heartbeatSchema = z
  .strictObject({
    name: z
      .string()
      .max(40, { abort: true })
      .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, "expected lower-case letters, digits and dashes, for example anvil")
      .meta({ description: "What is watched, for example anvil" }),
    repository: repositoryNameSchema.meta({ description: "The repository whose workflow watches" }),
    branch: branchNameSchema.default("main"),
    alertAfter: z
      .int()
      .min(1)
      .max(10)
      .default(2)
      .meta({ description: "Failures in a row before the alert. Default: 2" }),
    escalateAfter: z
      .int()
      .min(2)
      .max(60)
      .default(5)
      .meta({ description: "Failures in a row before escalation. Default: 5" }),
    recoverAfter: z.int().min(1).max(10).default(2).meta({
      description: "Answers in a row that end an incident: what comes and goes is one incident. Default: 2",
    }),
    reach: z
      .strictObject({
        github: z
          .discriminatedUnion("via", [
            z.strictObject({
              via: z.literal("tailnet"),
              tag: tagSchema,
              url: z.url({ protocol: /^https?$/ }).meta({ description: "The endpoint's address on the tailnet" }),
            }),
            z.strictObject({ via: z.literal("tunnel") }),
          ])
          .meta({
            description:
              "How GitHub's runner reaches the endpoint: it joins the tailnet for the run, or asks a tunnel, whose address is a secret",
          }),
        azure: z.strictObject({ via: z.literal("tunnel") }).meta({
          description:
            "How the job in Azure reaches it: a tunnel, whose address is a secret. A job has no room for a tailnet client beside it",
        }),
      })
      .default({ github: { via: "tunnel" }, azure: { via: "tunnel" } })
      .meta({
        description: "How the watchers reach the endpoint. Two ways, so that a broken one is not taken for a dead host",
      }),
    channel: slackChannelSchema.default("#ops").meta({ description: "The Slack channel. Default: #ops" }),
    runbook: z.url({ protocol: /^https$/ }).meta({ description: "The page that says what to do" }),
  })
  .refine((entry) => entry.escalateAfter > entry.alertAfter, {
    message: "expected more than alertAfter",
    path: ["escalateAfter"],
  })
  .meta({
    description: "A heartbeat: what is watched from outside",
    makes: [{ type: "landscape:heartbeat:Heartbeat" }],
  });

export type HeartbeatEntry = z.infer<typeof heartbeatSchema>;
