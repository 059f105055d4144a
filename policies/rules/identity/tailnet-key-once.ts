import { allOf } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireSet, requireValue } from "../shared/requirements";

export const tailnetKeyOnce: PolicyRule = {
  id: "tailnet-key-once",
  family: "identity",
  benchmarkRow: 76,
  controls: ["Own"],
  description: "A tailnet key lets in one device, and for a while.",
  remediation: "Set reusable to false and give expiry, in seconds.",
  level: "mandatory",
  types: ["tailscale:index/tailnetKey:TailnetKey"],
  evaluate: (key) =>
    allOf([
      requireValue(read(key, "reusable"), { oneOf: [false], absent: "complies" }),
      requireSet(read(key, "expiry")),
    ]),
};
