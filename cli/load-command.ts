import type { Command } from "./command";
import type { DeploymentEngine } from "./engines/deployment-engine";
import type { CommandOptions, EngineName } from "./options";

export interface EngineRequest {
  readonly engine: EngineName;
  readonly stack: string;
  readonly options: CommandOptions;
}

// Loaded when needed: the SDK alone takes a second to load, and `--help` or a mistyped option should not wait for it.

export function loadCommand(name: string): Command {
  if (name === "conformance") {
    const { conformance }: typeof import("./commands/conformance") = require("./commands/conformance");
    return conformance;
  }
  if (name === "bench") {
    const { bench }: typeof import("./commands/bench") = require("./commands/bench");
    return bench;
  }
  const { commands }: typeof import("./commands/index") = require("./commands/index");
  const command = commands[name];
  if (command === undefined) throw new Error(`no command ${name}`);
  return command;
}

export async function openEngine({ engine, stack, options }: EngineRequest): Promise<DeploymentEngine> {
  if (engine === "pulumi") {
    const { openPulumiEngine }: typeof import("./engines/pulumi-engine") = require("./engines/pulumi-engine");
    return openPulumiEngine(stack, options);
  }
  const { openSandboxEngine }: typeof import("./engines/sandbox-engine") = require("./engines/sandbox-engine");
  return openSandboxEngine(stack, options);
}
