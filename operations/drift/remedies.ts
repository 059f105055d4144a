import type { DriftDifference, DriftFinding, SourceLine } from "./finding";

/** Writes the line that runs one of this project's commands on the stack: `npm run up -- --stack prod --target …`. */
export type CommandLine = (command: string, ...options: readonly string[]) => string;

/** How to agree with a difference, and how to undo it. */
export function remedies(
  difference: DriftDifference,
  declaredAt: SourceLine | undefined,
  commandLine: CommandLine,
): Pick<DriftFinding, "accept" | "revert"> {
  const target = difference.urn === undefined ? [] : ["--target", quoted(difference.urn)];
  const up = commandLine("up", ...target);
  // What changed in the cloud is not in the state: without reading it first, `up` would find nothing to do.
  const readAgain = commandLine("refresh", ...target, "--yes");
  const place = declaredAt === undefined ? "the program" : `${declaredAt.file}:${declaredAt.line}`;
  const paths = difference.properties.map(({ path }) => path).join(", ");
  switch (difference.kind) {
    case "changed":
    case "retagged":
      return {
        accept: `write what is there (${paths}) in ${place}, then ${readAgain}`,
        revert: `${readAgain} && ${up}`,
      };
    case "secret-changed":
      return {
        accept: `store the new secret where ${place} takes ${paths} from, then ${readAgain}`,
        revert: `${readAgain} && ${up}`,
      };
    case "deleted":
      return { accept: `remove it from ${place}, then ${readAgain}`, revert: `${readAgain} && ${up}` };
    case "misdirected":
      return {
        accept: "none: the lease says who is primary, and the name follows it",
        revert: "npm run failover -- --to the lease's primary, which does what is left to do; docs/failover.md",
      };
    case "undeployed":
    case "outdated":
      return { accept: up, revert: `put ${place} back to what is deployed${paths === "" ? "" : ` (${paths})`}` };
    case "undeclared":
      return { accept: up, revert: "put it back into the program" };
    case "unmanaged":
      return { accept: adoption(difference), revert: deletion(difference) };
  }
}

function adoption({ type, id }: DriftDifference): string {
  return `declare it with the import id ${id} (${type}), or add it with a reason to operations/drift/noise.yaml`;
}

/** The provider's own command: what nobody manages, no command of this project can delete. */
function deletion({ type, id, name }: DriftDifference): string {
  if (id.startsWith("/")) return `az resource delete --ids ${quoted(id)}`;
  if (type.startsWith("tailscale:") || type === "device" || type === "key") {
    return `delete ${name} (${id}) in the tailnet's admin console`;
  }
  return `delete ${name} (${id}) in the zone's dashboard`;
}

/** For a POSIX shell: ids and URNs hold `$`, brackets and more. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
