import { workflowYaml } from "../github-actions/workflow";
import { clientDeployWorkflow, deployWorkflow } from "./deploy-workflow";
import { renovateConfiguration } from "./renovate";
import { rollbackWorkflow } from "./rollback-workflow";
import type { PagesSite } from "./schema";

/** The files of a site that is deployed from its own repository, by path. */
export function ownSiteFiles(site: PagesSite, firstTo?: string): Record<string, string> {
  return {
    ".github/workflows/deploy.yml": workflowYaml(deployWorkflow(site, firstTo)),
    ".github/workflows/rollback.yml": workflowYaml(rollbackWorkflow({ kind: "variable" })),
    "renovate.json": renovateConfiguration(),
  };
}

export interface ClientSite {
  readonly project: string;
  readonly sourceOwner: string;
  /** The secret that holds the key to a private repository; undefined for a public one. */
  readonly sourceKeySecret: string | undefined;
}

/** The files of a client's site in our repository, by path. */
export function clientSiteFiles(site: PagesSite, client: ClientSite): Record<string, string> {
  return {
    [`.github/workflows/deploy-${client.project}.yml`]: workflowYaml(clientDeployWorkflow(site, client)),
    [`.github/workflows/rollback-${client.project}.yml`]: workflowYaml(
      rollbackWorkflow({ kind: "fixed", project: client.project }),
    ),
  };
}
