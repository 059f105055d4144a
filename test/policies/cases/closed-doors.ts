import { unknown } from "../../../deployment/values/property-value";
import type { RuleCases } from "./rule-case";

/** Types that are violations by themselves: nothing that is set in them makes them comply. */
const always = { compliant: {}, otherTokens: [] };

export const closedDoorCases: readonly RuleCases[] = [
  {
    ...always,
    rule: "no-public-bucket",
    type: "azure-native:storage:StorageAccountStaticWebsite",
    otherTokens: ["azure-native:storage/v20230101:StorageAccountStaticWebsite"],
    violating: { "a website": [{ accountName: "a", indexDocument: "index.html" }, "accountName"] },
    undecided: {},
  },
  ...["PublicIPAddress", "PublicIPPrefix", "BastionHost"].map((name) => ({
    ...always,
    rule: "no-public-address",
    type: `azure-native:network:${name}`,
    violating: { "an address": [{ resourceGroupName: "rg" }, "publicIpAddressName"] as const },
    undecided: {},
  })),
  ...[
    "actionsOrganization",
    "codespaces",
    "codespacesOrganization",
    "codespacesUser",
    "dependabot",
    "dependabotOrganization",
  ]
    .map((name) => `github:index/${name}Secret:${name.charAt(0).toUpperCase()}${name.slice(1)}Secret`)
    .map((type) => ({
      ...always,
      rule: "repository-secret-declared",
      type,
      violating: { "also a declared name": [{ secretName: "DECLARED" }, "secretName"] as const },
      undecided: { "name unknown": [{ secretName: unknown }, "secretName"] as const },
    })),
];
