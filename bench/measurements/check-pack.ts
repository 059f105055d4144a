import { join } from "node:path";
import { loadPolicyPack } from "../../deployment/policies/load-policy-pack";
import type { AnalyzedResource } from "../../deployment/policies/policy-analyzer";
import { rehearse } from "../../sandbox/project/rehearsal";
import { type Measurement, measureWork } from "../measurement";
import { root } from "./sandbox-preview";

/** The whole pack, asked about as many resources as wanted: those of `prod`, again and again under other names. */
export async function checkPack({ resources }: { readonly resources: number }): Promise<Measurement> {
  const { signal } = new AbortController();
  const [prod] = await rehearse({ directory: root, stacks: ["prod"], signal });
  if (prod === undefined || prod.up.resources.length === 0) throw new Error("prod has nothing to check");
  const each = repeatResources(prod.up.resources, resources);
  const members = repeatResources(prod.up.members, resources);
  const pack = await loadPolicyPack(join(root, "policies"));
  return measureWork(async () => {
    for (const resource of each) await pack.analyze(resource);
    await pack.analyzeStack(members);
    return { resources };
  });
}

function repeatResources(resources: readonly AnalyzedResource[], wanted: number): readonly AnalyzedResource[] {
  const rounds = Math.ceil(wanted / resources.length);
  const all = Array.from({ length: rounds }, (_, round) =>
    resources.map((resource) => renameForRound(resource, round)),
  );
  return all.flat().slice(0, wanted);
}

/** Refers to the others of its round. */
function renameForRound(resource: AnalyzedResource, round: number): AnalyzedResource {
  const rename = (text: string) => (round === 0 ? text : `${text}-${round}`);
  const propertyDependencies = Object.fromEntries(
    Object.entries(resource.propertyDependencies).map(([key, urns]) => [key, urns.map(rename)]),
  );
  return { ...resource, urn: rename(resource.urn), name: rename(resource.name), propertyDependencies };
}
