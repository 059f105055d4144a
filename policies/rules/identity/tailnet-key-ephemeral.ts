import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireValue } from "../shared/requirements";

export const tailnetKeyEphemeral: PolicyRule = {
  id: "tailnet-key-ephemeral",
  family: "identity",
  benchmarkRow: 76,
  controls: ["Own"],
  description: "Devices that came by a key are forgotten when they are gone.",
  remediation: "Set ephemeral to true.",
  level: "mandatory",
  types: ["tailscale:index/tailnetKey:TailnetKey"],
  evaluate: (key) => requireValue(read(key, "ephemeral"), { oneOf: [true], absent: "violates" }),
};
