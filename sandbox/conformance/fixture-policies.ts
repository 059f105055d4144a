import { join } from "node:path";
import { loadPolicyPack } from "../../deployment/policies/load-policy-pack";
import type { PolicyAnalyzer } from "../../deployment/policies/policy-analyzer";
import { fixtures } from "./recording";

/** The fixtures' own pack in a process of its own, listed as the recordings list it. */
export async function fixturePolicies(): Promise<PolicyAnalyzer> {
  const pack = await loadPolicyPack(join(fixtures, "policies"));
  return {
    packName: pack.packName,
    packVersion: pack.packVersion,
    packLabel: "conformance|local|../policies",
    remediate: (resource) => pack.remediate(resource),
    analyze: (resource) => pack.analyze(resource),
    analyzeStack: (resources) => pack.analyzeStack(resources),
    close: () => pack.close(),
  };
}
