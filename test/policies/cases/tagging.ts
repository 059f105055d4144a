import { unknown } from "../../../deployment/values/property-value";
import type { RuleCases } from "./rule-case";

const type = "azure-native:resources:ResourceGroup";
const otherTokens = ["azure-native:resources/v20240301:ResourceGroup"];
const tags = {
  Project: "alai",
  Environment: "dev",
  ManagedBy: "pulumi",
  Team: "platform",
  CostCenter: "infrastructure",
};
const { Team: _team, CostCenter: _costCenter, ...withoutTwo } = tags;

export const taggingCases: readonly RuleCases[] = [
  {
    rule: "required-tags",
    type,
    otherTokens,
    compliant: { "all five": { tags }, "and others": { tags: { ...tags, Ticket: "INFRA-1" } } },
    violating: {
      "no tags": [{}, "tags.Project", "tags.Environment", "tags.ManagedBy", "tags.Team", "tags.CostCenter"],
      "two missing": [{ tags: withoutTwo }, "tags.Team", "tags.CostCenter"],
      "an empty one": [{ tags: { ...tags, Team: "" } }, "tags.Team"],
      "the wrong case": [{ tags: { ...withoutTwo, team: "platform", CostCenter: "x" } }, "tags.Team"],
      "one missing, one unknown": [{ tags: { ...withoutTwo, Team: unknown } }, "tags.CostCenter"],
    },
    undecided: {
      "all unknown": [{ tags: unknown }, "tags"],
      "one unknown": [{ tags: { ...tags, Team: unknown } }, "tags.Team"],
    },
  },
  {
    rule: "environment-tag",
    type,
    otherTokens,
    compliant: { "the stack's": { tags } },
    violating: { "another stack's": [{ tags: { ...tags, Environment: "prod" } }, "tags.Environment"] },
    notApplicable: { "no such tag": { tags: { Project: "alai" } }, "no tags": {} },
    undecided: { unknown: [{ tags: { Environment: unknown } }, "tags.Environment"] },
  },
  {
    rule: "managed-by-tag",
    type,
    otherTokens,
    compliant: { pulumi: { tags } },
    violating: { "by hand": [{ tags: { ...tags, ManagedBy: "hand" } }, "tags.ManagedBy"] },
    notApplicable: { "no tags": {} },
    undecided: { unknown: [{ tags: { ManagedBy: unknown } }, "tags.ManagedBy"] },
  },
];
