import { unknown } from "../../../deployment/values/property-value";
import { comparedTypes } from "../../../policies/parity/compared-settings";
import { type StackParity, shapeKey } from "../../../policies/parity/parity-settings";
import type { RuleCases } from "./rule-case";

const there = {
  settings: { "sku.name": "PerGB2018", "features.legacy": false, "lists[0].port": 80, retentionInDays: 365 },
  computed: ["features.workspace", "subnets[0]"],
};

/** A stack that is compared with one that has a `thing` of every compared type. */
export const comparedWith: StackParity = {
  with: "prod",
  differs: [{ type: "azure-native:operationalinsights:Workspace", property: "quota", reason: "dev is small" }],
  shape: () => ({
    stack: "prod",
    resources: Object.fromEntries(comparedTypes.map((type) => [shapeKey({ type, name: "thing" }), there])),
  }),
};

const [type, ...others] = [...comparedTypes].sort(
  (left, right) => Number(right.endsWith(":Workspace")) - Number(left.endsWith(":Workspace")),
);
const same = {
  sku: { name: "PerGB2018" },
  features: { legacy: false },
  lists: [{ port: 80 }],
  retentionInDays: 365,
};

export const parityCases: readonly RuleCases[] = [
  {
    rule: "stack-parity",
    type: type ?? "",
    otherTokens: [...others, "azure-native:operationalinsights/v20230901:Workspace"],
    compliant: {
      "the same": same,
      "written with another case, or as text": { ...same, sku: { name: "pergb2018" }, retentionInDays: "365" },
      "identity and tags are its own": { ...same, workspaceName: "w-dev", tags: { Environment: "dev" }, scope: "/x" },
      "what comes from other resources is": { ...same, features: { legacy: false, workspace: "w" }, subnets: ["/s"] },
    },
    violating: {
      "another value": [{ ...same, retentionInDays: 30 }, "retentionInDays"],
      "one that is missing": [{ ...same, features: {} }, "features.legacy"],
      "one that is not there": [{ ...same, sku: { name: "PerGB2018", tier: "x" } }, "sku.tier"],
      "a longer list, though something is unknown": [
        { ...same, lists: [{ port: 80 }, { port: 81 }], features: unknown },
        "lists[1].port",
      ],
    },
    undecided: {
      "a setting": [{ ...same, sku: { name: unknown } }, "sku.name"],
      "what holds settings": [{ ...same, features: unknown }, "features"],
    },
  },
];
