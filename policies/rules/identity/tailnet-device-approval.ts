import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const tailnetDeviceApproval: PolicyRule = {
  id: "tailnet-device-approval",
  family: "identity",
  benchmarkRow: 76,
  controls: ["Own"],
  description: "New devices join the tailnet when somebody approves them.",
  remediation: "Set devicesApprovalOn to true.",
  level: "mandatory",
  types: ["tailscale:index/tailnetSettings:TailnetSettings"],
  evaluate: (settings) => requireValue(read(settings, "devicesApprovalOn"), { oneOf: [true], absent: "violates" }),
};
