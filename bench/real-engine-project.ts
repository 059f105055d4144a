import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { parse, stringify } from "yaml";

const root = join(__dirname, "..");

export interface RealEngineProject {
  /** Options of every `pulumi` command. */
  readonly options: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * This project as the real engine can run it without an account: a file backend, the emulated clouds as provider plugins, and
 * stand-ins for the secrets that only the stack's own key opens.
 */
export function makeProjectForRealEngine(directory: string): RealEngineProject {
  mkdirSync(join(directory, "backend"), { recursive: true });
  for (const name of [
    "index.ts",
    "package.json",
    "node_modules",
    "stacks",
    "components",
    "lib",
    "programs",
    "tsconfig.json",
  ]) {
    symlinkSync(join(root, name), join(directory, name));
  }
  writeFileSync(join(directory, "Pulumi.yaml"), readFileSync(join(root, "Pulumi.yaml")));
  const { config } = parse(readFileSync(join(root, "Pulumi.prod.yaml"), "utf8"));
  writeFileSync(join(directory, "Pulumi.prod.yaml"), stringify({ config: withStandIns(config, "secret") }));
  return {
    options: ["--cwd", directory, "--non-interactive"],
    environment: {
      PATH: `${join(root, "sandbox", "bin")}${delimiter}${process.env.PATH ?? ""}`,
      PULUMI_BACKEND_URL: `file://${join(directory, "backend")}`,
      PULUMI_CONFIG_PASSPHRASE: "bench",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      SANDBOX_DIRECTORY: join(directory, "sandbox"),
    },
  };
}

/** Replaces what is encrypted by a name for it. */
function withStandIns(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => withStandIns(item, `${name}-${index}`));
  if (typeof value !== "object" || value === null) return value;
  if ("secure" in value) return `sandbox-${name}`;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withStandIns(inner, key)]));
}
