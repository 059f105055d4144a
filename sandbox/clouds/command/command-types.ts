import { createHash, randomBytes } from "node:crypto";
import { type PropertyMap, Secret } from "../../../deployment/values/property-value";
import type { CheckFailure } from "../../engine/provider";
import type { World } from "../../world/world";
import { mapAt, numberAt, textAt } from "../property-path";
import type { StateOnlyContext, StateOnlyType } from "../state-only-provider";
import { copiesAgain, putFiles, wrongSource } from "./remote-files";
import { reachHost } from "./remote-host";

/** A command that ran on a host, or would have: `{ host, name, command, order }`, once for each resource. The newest one stays. */
export const remoteRunKind = "command:index/run:Run";

/**
 * The types of the `command` package. None runs anything: a command's output says which command it stands for. What they would have
 * run and copied is in the world, so that others can do it.
 */
export function commandTypes(world: World): readonly StateOnlyType[] {
  return [
    localCommand,
    remoteCommand(world),
    copy(world, "CopyToRemote", "source"),
    copy(world, "CopyFile", "localPath"),
  ];
}

const localCommand: StateOnlyType = {
  type: "command:local:Command",
  allowed: { logging: ["stdout", "stderr", "stdoutAndStderr", "none"] },
  // With an update command, other triggers are a reason to update.
  createOnly: [{ path: "triggers", when: ({ inputs }) => textAt(inputs, "update") === undefined }],
  computed: ["stdout", "stderr"],
  create: async (context) => ({ id: commandId(context), computed: outputOf(textAt(context.inputs, "create")) }),
  update: async ({ inputs }) => outputOf(textAt(inputs, "update") ?? textAt(inputs, "create")),
};

function remoteCommand(world: World): StateOnlyType {
  const run = async ({ urn, inputs }: StateOnlyContext, command: string | undefined): Promise<void> => {
    if (command === undefined) return;
    const name = nameOf(urn);
    await reachHost(world, mapAt(inputs, "connection"), (transaction, host) => {
      const order =
        1 + Math.max(0, ...transaction.list(remoteRunKind).map(({ properties }) => numberAt(properties, "order") ?? 0));
      // It may hold a secret.
      const properties = { host, name, command: new Secret(command), order };
      transaction.put({ cloud: "command", kind: remoteRunKind, id: `${host}:${name}`, properties });
    });
  };
  return {
    ...localCommand,
    type: "command:remote:Command",
    required: ["connection", "connection.host"],
    check: wrongPort,
    secretOutputs: ["connection"],
    create: async (context) => {
      const command = textAt(context.inputs, "create");
      await run(context, command);
      return { id: commandId(context), computed: outputOf(command) };
    },
    // Every change runs the command again, one of the connection too.
    update: async (context) => {
      const command = textAt(context.inputs, "update") ?? textAt(context.inputs, "create");
      await run(context, command);
      return outputOf(command);
    },
    delete: (context) => run(context, textAt(context.inputs, "delete")),
  };
}

function copy(world: World, name: "CopyToRemote" | "CopyFile", source: string): StateOnlyType {
  return {
    type: `command:remote:${name}`,
    required: ["connection", "connection.host", "remotePath", source],
    check: (inputs) => [...wrongPort(inputs), ...wrongSource(inputs)],
    createOnly: ["triggers"],
    computed: [],
    secretOutputs: ["connection"],
    create: async (context) => {
      const { inputs } = context;
      await reachHost(world, mapAt(inputs, "connection"), (transaction, host) => putFiles(transaction, host, inputs));
      return { id: commandId(context), computed: {} };
    },
    update: async ({ inputs, outputs = {} }) => {
      if (name === "CopyToRemote" && !copiesAgain(outputs, inputs)) return {};
      await reachHost(world, mapAt(inputs, "connection"), (transaction, host) =>
        putFiles(transaction, host, inputs, outputs),
      );
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
  return `${nameOf(urn)}${randomBytes(4).toString("hex")}`;
}

function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** What a command "printed": always the same for the same command, and nothing of the command itself, which may hold secrets. */
function outputOf(command: string | undefined): PropertyMap {
  if (command === undefined) return { stdout: "", stderr: "" };
  const digest = createHash("sha256").update(command).digest("hex").slice(0, 12);
  return { stdout: `not run in the sandbox: command ${digest}`, stderr: "" };
}
