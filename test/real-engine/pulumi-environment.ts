import { pathWithPulumi } from "../../operations/programs/pulumi-program";
import { realPrograms } from "../real-programs";

/** What the real engine runs with here: the emulated clouds, and a state in a directory. */
export function pulumiEnvironment(backend: string): Readonly<Record<string, string>> {
  return {
    PATH: pathWithPulumi(realPrograms.pulumi ?? "pulumi"),
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: "sandbox",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
}
