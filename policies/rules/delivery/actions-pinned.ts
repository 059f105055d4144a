import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const actionsPinned: PolicyRule = {
  id: "actions-pinned",
  family: "delivery",
  benchmarkRow: 75,
  controls: ["Own"],
  description: "Workflows name actions by commit.",
  remediation: "Set shaPinningRequired to true.",
  level: "mandatory",
  types: ["github:index/actionsRepositoryPermissions:ActionsRepositoryPermissions"],
  evaluate: (permissions) =>
    requireValue(read(permissions, "shaPinningRequired"), { oneOf: [true], absent: "violates" }),
};
