import type { GuardedProperty } from "../guarded-properties";

/** Stands for every setting of every compared type; each setting of a real stack is changed by `parity-mutations.ts`. */
export const guardedParity: readonly GuardedProperty[] = [
  {
    rule: "stack-parity",
    type: "azure-native:operationalinsights:Workspace",
    path: "sku.name",
    good: "PerGB2018",
    bad: "Standalone",
  },
  {
    rule: "stack-parity",
    type: "azure-native:operationalinsights:Workspace",
    path: "features.legacy",
    good: false,
    bad: true,
  },
  {
    rule: "stack-parity",
    type: "azure-native:operationalinsights:Workspace",
    path: "lists.0.port",
    good: 80,
    bad: 81,
  },
  {
    rule: "stack-parity",
    type: "azure-native:operationalinsights:Workspace",
    path: "retentionInDays",
    good: 365,
    bad: 30,
  },
];
