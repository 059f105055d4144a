import { makePreviewConfiguration } from "../operations/preview-environments/preview-stack-file";
import type { Command } from "./command";
import { commands } from "./commands/index";
import type { DeploymentEngine } from "./engines/deployment-engine";
import type { CommandOptions, EngineName } from "./options";
import { projectDirectory } from "./project-root";

export interface EngineRequest {
  readonly engine: EngineName;
  readonly stack: string;
  readonly options: CommandOptions;
  /** Whether a preview environment that is not there yet begins here. Otherwise nothing of it stays behind. */
  readonly begins: boolean;
}

export function loadCommand(name: string): Command {
  const load = commands[name];
  if (load === undefined) throw new Error(`no command ${name}`);
  return load();
}

// Loaded when needed: the SDK alone takes a second to load, and `--help` or a mistyped option should not wait for it.

export async function openEngine(request: EngineRequest): Promise<DeploymentEngine> {
  const { stack, options, begins } = request;
  // What a stack's file is for, a preview environment's template is until it has one.
  const undo =
    options.cwd === undefined ? makePreviewConfiguration(projectDirectory(options), stack, new Date()) : () => {};
  try {
    const opened = await openStack(request);
    if (begins) return opened;
    const close = async () => {
      await opened.close();
      undo();
    };
    return { ...opened, close };
  } catch (error) {
    undo();
    throw error;
  }
}

function openStack({ engine, stack, options, begins }: EngineRequest): Promise<DeploymentEngine> {
  if (engine === "pulumi") {
    const { openPulumiEngine }: typeof import("./engines/pulumi-engine") = require("./engines/pulumi-engine");
    return openPulumiEngine(stack, options, begins);
  }
  const { openSandboxEngine }: typeof import("./engines/sandbox-engine") = require("./engines/sandbox-engine");
  return openSandboxEngine(stack, options);
}
