import { z } from "zod";
import { builtInRole, peoplesRights } from "../../lib/azure/built-in-roles";
import { parseIsoDuration } from "../../lib/duration";
import { currentType } from "../../lib/type-token";
import { type DoctorClouds, type ExaminedStack, type Trouble, textIn } from "./examined-stack";

/** What has to be so for somebody to get a role that they asked for. */
export interface RoleRules {
  /** For how long at most. Undefined: without an end. */
  readonly hours: number | undefined;
  /** What they have to give. @example ["Justification", "MultiFactorAuthentication"] */
  readonly needs: readonly string[];
  readonly isApproved: boolean;
}

const mostHours = 4;
const needed: Readonly<Record<string, string>> = {
  Justification: "a justification",
  MultiFactorAuthentication: "multi-factor authentication",
};
const approvedRoles: readonly string[] = peoplesRights.change;

/**
 * Roles that people may ask for are given by the rules of docs/daily.md. No resource sets those (docs/decisions/0060), and Azure's own
 * let everybody have a role for eight hours without an approval.
 */
export async function askedForByRule(
  { planned }: ExaminedStack,
  { accounts }: DoctorClouds,
): Promise<readonly Trouble[]> {
  const asked = planned
    .filter(({ type }) => currentType(type) === "azure-native:authorization:PimRoleEligibilitySchedule")
    .map(({ properties }) => [textIn(properties, "scope"), textIn(properties, "roleDefinitionId")] as const);
  const different = [...new Map(asked.map((one) => [one.join(" "), one])).values()];
  const found = different.map(async ([scope, definition]): Promise<readonly Trouble[]> => {
    const role = builtInRole(definition) ?? definition;
    const ways = waysPast(await accounts.roleRules(scope, definition), role);
    if (ways.length === 0) return [];
    return [
      { what: `${role} in ${scope} can be had ${ways.join(", ")}`, mend: `docs/daily.md#rights, ${role} in ${scope}` },
    ];
  });
  return (await Promise.all(found)).flat();
}

function waysPast({ hours, needs, isApproved }: RoleRules, role: string): readonly string[] {
  const howLong = hours === undefined ? "without an end" : `for ${hours} hours`;
  return [
    ...(hours !== undefined && hours <= mostHours ? [] : [howLong]),
    ...Object.entries(needed).flatMap(([name, what]) => (needs.includes(name) ? [] : [`without ${what}`])),
    ...(isApproved || !approvedRoles.includes(role) ? [] : ["without an approval"]),
  ];
}

const ruleSchema = z.object({
  id: z.string(),
  isExpirationRequired: z.boolean().optional(),
  maximumDuration: z.string().nullish(),
  enabledRules: z.array(z.string()).optional(),
  setting: z.object({ isApprovalRequired: z.boolean().nullish() }).nullish(),
});
const policySchema = z.object({ properties: z.object({ effectiveRules: z.array(ruleSchema) }) });

/**
 * A role's rules for whoever asks for it.
 *
 * @param policy as Azure lists it. Source: Azure REST reference, "Role Management Policies - List For Scope"
 */
export function parseRoleRules(policy: unknown): RoleRules {
  const { effectiveRules } = policySchema.parse(policy).properties;
  const rule = (kind: string) => effectiveRules.find(({ id }) => id === `${kind}_EndUser_Assignment`);
  const expiration = rule("Expiration");
  const seconds =
    expiration?.isExpirationRequired === false ? undefined : parseIsoDuration(expiration?.maximumDuration ?? "");
  return {
    hours: seconds && seconds / 3600,
    needs: rule("Enablement")?.enabledRules ?? [],
    isApproved: rule("Approval")?.setting?.isApprovalRequired === true,
  };
}
