import { gte, valid } from "semver";
import { installsOnMachines } from "../../stacks/registry";
import { executableOnPath, runProgram } from "../programs/external-program";
import { pulumiVersion } from "../programs/pulumi-program";

/** The oldest Node.js that everything here works on. */
const oldestNode = "20.20.0";

interface Tool {
  readonly program: string;
  /** Without it nothing can be done on these stacks. */
  readonly isNeeded: boolean;
  readonly mend: string;
  /** Default: any. */
  readonly oldest?: string;
}

/**
 * What this machine lacks to work on stacks.
 *
 * @param engine on the sandbox nothing but Node.js is needed
 */
export async function missingTools(
  engine: "sandbox" | "pulumi",
  stacks: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  node = process.versions.node,
): Promise<readonly { readonly what: string; readonly mend: string }[]> {
  const missing = gte(node, oldestNode)
    ? []
    : [{ what: `Node.js ${node} is older than ${oldestNode}`, mend: "https://nodejs.org/en/download" }];
  if (engine === "sandbox") return missing;
  const tools: readonly Tool[] = [
    {
      program: "pulumi",
      isNeeded: true,
      oldest: pulumiVersion,
      mend: `curl -fsSL https://get.pulumi.com | sh -s -- --version ${pulumiVersion}`,
    },
    // A workflow's run signs in without it.
    { program: "az", isNeeded: environment.AZURE_CLIENT_ID === undefined, mend: "https://aka.ms/installazurecli" },
    { program: "ssh", isNeeded: stacks.some(installsOnMachines), mend: "install OpenSSH's client" },
  ];
  const asked = tools.map(async ({ program, isNeeded, oldest, mend }) => {
    if (!isNeeded) return [];
    if (executableOnPath(program, environment) === undefined) return [{ what: `${program} is not on the PATH`, mend }];
    if (oldest === undefined) return [];
    const { stdout } = await runProgram(program, ["version"], { environment });
    const version = valid(stdout.trim());
    if (version !== null && gte(version, oldest)) return [];
    return [{ what: `${program} ${stdout.trim() || "says no version"}; it is tested with ${oldest}`, mend }];
  });
  return [...missing, ...(await Promise.all(asked)).flat()];
}
