import type * as pulumi from "@pulumi/pulumi";
import { type JobPath, shippedProgram } from "../../programs/bundle";
import type { ContainerJobArgs } from "../container-apps/container-job";

/** Where a scheduled script runs. The image needs Node.js 20 or newer on its PATH. */
export type ScriptPlacement = Pick<
  ContainerJobArgs,
  "context" | "resourceGroupName" | "environment" | "image" | "registry" | "identity"
>;

/** A blob container as a script sees it that writes there with its identity. */
export interface BlobContainerReference {
  /** The container's Azure id: the scope of the role. */
  readonly id: pulumi.Input<string>;
  /** @example "https://alaibackups0ebb.blob.core.windows.net/dns-exports" */
  readonly url: pulumi.Input<string>;
}

/**
 * The command with which Node.js runs a job that is given as text, so that no image has to be built for it.
 *
 * @param job from the project's root
 */
export function nodeCommand(job: JobPath): Pick<ContainerJobArgs, "command" | "args"> {
  return { command: ["node"], args: ["--input-type=module", "--eval", shippedProgram(job).text] };
}

/** Only the placement, so that nothing else of a component's arguments reaches the job. */
export function placementOf(args: ScriptPlacement): ScriptPlacement {
  const { context, resourceGroupName, environment, image, registry, identity } = args;
  return { context, resourceGroupName, environment, image, registry, identity };
}
