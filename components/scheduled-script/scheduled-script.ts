import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
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

/** Imports of other scripts of this project, one a line, as the formatter writes them. */
const relativeImport = /^import \{[^}]*\} from "(\.[^"]+)";\n/gm;

/**
 * A script of `programs/jobs/`, with the scripts it imports, as one text that needs no other file.
 *
 * Names are shared by all scripts of one text, so each top-level name is used once: the script would not start otherwise.
 */
export function scriptText(file: string): string {
  return inlined(join(__dirname, "..", "..", "programs", "jobs", file), new Set());
}

function inlined(path: string, seen: Set<string>): string {
  if (seen.has(path)) return "";
  seen.add(path);
  return readFileSync(path, "utf8")
    .replace(relativeImport, (_line, imported: string) => inlined(join(dirname(path), imported), seen))
    .replace(/^export /gm, "");
}

/** The command with which Node.js runs a script that is given as text, so that no image has to be built for it. */
export function nodeCommand(script: string): Pick<ContainerJobArgs, "command" | "args"> {
  return { command: ["node"], args: ["--input-type=module", "--eval", script] };
}

/** Only the placement, so that nothing else of a component's arguments reaches the job. */
export function placementOf(args: ScriptPlacement): ScriptPlacement {
  const { context, resourceGroupName, environment, image, registry, identity } = args;
  return { context, resourceGroupName, environment, image, registry, identity };
}
