import type { Command } from "./command";
import { commands } from "./commands/index";
import type { DeploymentEngine } from "./engines/deployment-engine";
import type { CommandOptions, EngineName } from "./options";

export interface EngineRequest {
  readonly engine: EngineName;
  readonly stack: string;
  readonly options: CommandOptions;
}

export function loadCommand(name: string): Command {
  const load = commands[name];
  if (load === undefined) throw new Error(`no command ${name}`);
  return load();
}

// Loaded when needed: the SDK alone takes a second to load, and `--help` or a mistyped option should not wait for it.

export async function openEngine({ engine, stack, options }: EngineRequest): Promise<DeploymentEngine> {
  if (engine === "pulumi") {
    const { openPulumiEngine }: typeof import("./engines/pulumi-engine") = require("./engines/pulumi-engine");
    return openPulumiEngine(stack, options);
  }
  const { openSandboxEngine }: typeof import("./engines/sandbox-engine") = require("./engines/sandbox-engine");
  return openSandboxEngine(stack, options);
}
