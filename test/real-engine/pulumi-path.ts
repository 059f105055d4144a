import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { executableOnPath } from "../../operations/programs/litestream-program";
import { realPrograms } from "../real-programs";

const repository = join(__dirname, "..", "..");

/**
 * A PATH on which the real engine finds itself, a language host and the emulated clouds.
 *
 * @param pulumi the executable; one that Pulumi installed has its language hosts beside it, and they are used
 */
export function pathWithPulumi(pulumi: string, environment: NodeJS.ProcessEnv = process.env): string {
  const own = [dirname(pulumi), join(repository, "sandbox", "bin")];
  const host = "pulumi-language-nodejs";
  const hasHost =
    existsSync(join(dirname(realpathSync(pulumi)), host)) || executableOnPath(host, environment) !== undefined;
  return [...own, ...(hasHost ? [] : [join(__dirname, "bin")]), environment.PATH ?? ""].join(delimiter);
}

/** What the real engine runs with here: the emulated clouds, and a state in a directory. */
export function pulumiEnvironment(backend: string): Readonly<Record<string, string>> {
  return {
    PATH: pathWithPulumi(realPrograms.pulumi ?? "pulumi"),
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: "sandbox",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
}
