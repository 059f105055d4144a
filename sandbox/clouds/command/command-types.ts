import { createHash, randomBytes } from "node:crypto";
import type { PropertyMap } from "../../engine/property-value";
import type { CheckFailure } from "../../engine/provider";
import type { World } from "../../world/world";
import { mapAt, numberAt, textAt } from "../property-path";
import type { StateOnlyContext, StateOnlyType } from "../state-only-provider";
import { requireReachable } from "./remote-host";

/** The types of the `command` package. None runs anything: a command's output says which command it stands for. */
export function commandTypes(world: World): readonly StateOnlyType[] {
  const reach = ({ inputs }: StateOnlyContext): Promise<void> => requireReachable(world, mapAt(inputs, "connection"));
  return [
    localCommand,
    remoteCommand(reach),
    copy("CopyToRemote", "source", reach),
    copy("CopyFile", "localPath", reach),
  ];
}

const localCommand: StateOnlyType = {
  type: "command:local:Command",
  allowed: { logging: ["stdout", "stderr", "stdoutAndStderr", "none"] },
  createOnly: ["triggers"],
  computed: ["stdout", "stderr"],
  create: async (context) => ({ id: commandId(context), computed: outputOf(textAt(context.inputs, "create")) }),
  update: async ({ inputs }) => outputOf(textAt(inputs, "update") ?? textAt(inputs, "create")),
};

function remoteCommand(reach: (context: StateOnlyContext) => Promise<void>): StateOnlyType {
  return {
    ...localCommand,
    type: "command:remote:Command",
    required: ["connection", "connection.host"],
    check: wrongPort,
    secretOutputs: ["connection"],
    create: async (context) => {
      const command = textAt(context.inputs, "create");
      if (command !== undefined) await reach(context);
      return { id: commandId(context), computed: outputOf(command) };
    },
    // Every change runs the command again, one of the connection too.
    update: async (context) => {
      const command = textAt(context.inputs, "update") ?? textAt(context.inputs, "create");
      if (command !== undefined) await reach(context);
      return outputOf(command);
    },
    delete: async (context) => {
      if (textAt(context.inputs, "delete") !== undefined) await reach(context);
    },
  };
}

function copy(
  name: "CopyToRemote" | "CopyFile",
  source: string,
  reach: (context: StateOnlyContext) => Promise<void>,
): StateOnlyType {
  return {
    type: `command:remote:${name}`,
    required: ["connection", "connection.host", "remotePath", source],
    check: wrongPort,
    createOnly: ["triggers"],
    computed: [],
    secretOutputs: ["connection"],
    create: async (context) => {
      await reach(context);
      return { id: commandId(context), computed: {} };
    },
    update: async (context) => {
      await reach(context);
      return {};
    },
  };
}

function wrongPort(inputs: PropertyMap): readonly CheckFailure[] {
  const port = numberAt(inputs, "connection.port");
  if (port === undefined || (Number.isInteger(port) && port > 0 && port < 65_536)) return [];
  return [{ property: "connection.port", reason: `expected a port from 1 to 65535, got ${port}` }];
}

function commandId({ urn }: StateOnlyContext): string {
  return `${urn.slice(urn.lastIndexOf("::") + 2)}${randomBytes(4).toString("hex")}`;
}

/** What a command "printed": always the same for the same command, and nothing of the command itself, which may hold secrets. */
function outputOf(command: string | undefined): PropertyMap {
  if (command === undefined) return { stdout: "", stderr: "" };
  const digest = createHash("sha256").update(command).digest("hex").slice(0, 12);
  return { stdout: `not run in the sandbox: command ${digest}`, stderr: "" };
}
