import { loadPolicyPack } from "../deployment/policies/load-policy-pack";
import type { PolicyAnalyzer } from "../deployment/policies/policy-analyzer";
import { loadProject } from "../deployment/project/project-file";
import type { CommandContext } from "./command";
import { policyPackDirectories, projectDirectory } from "./project-root";

/** The packs of a command, to be asked about what is really there. Whoever loads them closes them. */
export function loadPolicyPacks({ options, stack }: CommandContext): Promise<PolicyAnalyzer[]> {
  const { project } = loadProject(projectDirectory(options));
  const about = { organization: "organization", project: project.name, stack, dryRun: false, config: new Map() };
  return Promise.all(policyPackDirectories(options).map((directory) => loadPolicyPack(directory, about)));
}
