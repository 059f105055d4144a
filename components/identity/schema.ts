import { z } from "zod";
import { type PeoplesRight, peoplesRights } from "../../lib/azure/built-in-roles";

const rights = Object.keys(peoplesRights) as [PeoplesRight, ...PeoplesRight[]];
const standing = rights.filter((right) => right !== "change") as [PeoplesRight, ...PeoplesRight[]];
const rightList = (allowed: [PeoplesRight, ...PeoplesRight[]]) => z.array(z.enum(allowed)).default([]);

/** What a group of people may do in some stacks. */
export const peopleSchema = z
  .strictObject({
    group: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,30}$/, "expected lower-case letters, digits and dashes, for example operators")
      .meta({ description: "Its name in peopleGroups of Pulumi.bootstrap.yaml, where its object id is" }),
    stacks: z
      .array(z.string())
      .min(1)
      .meta({ description: "The stacks in which it may do this; preview stands for all preview environments" }),
    may: rightList(standing).meta({ description: "What its members may do at any time. Default: nothing" }),
    onRequest: rightList(rights).meta({
      description:
        "What they may do for some hours, after they have asked for it with a reason: Privileged Identity Management, which takes a licence of Entra ID P2 for each of them. Default: nothing",
    }),
  })
  .meta({
    description: "What a group of people may do in some stacks",
    makes: [
      { type: "azure-native:authorization:RoleAssignment", key: "group", prefix: "people-", suffix: "-*" },
      { type: "azure-native:authorization:PimRoleEligibilitySchedule", key: "group", prefix: "people-", suffix: "-*" },
    ],
  });

export type PeoplesAccess = z.infer<typeof peopleSchema>;
