import { createHash, randomBytes } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { basename, join, posix } from "node:path";
import {
  Archive,
  Asset,
  type PropertyMap,
  type PropertyValue,
  revealMap,
  Secret,
} from "../../../deployment/values/property-value";
import { readRegularFile } from "../../../lib/file-access";
import { type CheckFailure, type Provider, ServiceError } from "../../engine/provider";
import type { World, WorldObject, WorldTransaction } from "../../world/world";
import type { EmulatedProviderOptions } from "../emulated-provider";
import { flagAt, mapAt, numberAt, textAt, textsAt } from "../read-property";
import { type StateOnlyContext, StateOnlyProvider, type StateOnlyType } from "../state-only-provider";

/** The `command` package: commands and copies that are never run, on hosts that the world has or has not. */
export function commandProvider(world: World, _options: EmulatedProviderOptions = {}): Provider {
  return new StateOnlyProvider("command", commandTypes(world));
}

/** A command that ran on a host, or would have: `{ host, name, command, order }`, once for each resource. The newest one stays. */
export const remoteRunKind = "command:index/run:Run";

/**
 * The types of the `command` package. None runs anything: a command's output says which command it stands for. What they would have
 * run and copied is in the world, so that others can do it.
 */
function commandTypes(world: World): readonly StateOnlyType[] {
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

const hostKind = "command:index/host:Host";
/** The provider's own: dial errors it takes before it gives up, and seconds for each. */
const standardErrorLimit = 10;
const standardDialTimeout = 15;
const sshPort = 22;

/**
 * Refuses a connection to a host that the world does not have, or has as unreachable. Nothing is dialled and nobody waits.
 *
 * @param then what happens on the host: it gets the host's id, with the world still locked
 * @throws ServiceError with the number of attempts that the provider would have made
 */
async function reachHost(
  world: World,
  connection: PropertyMap,
  then: (transaction: WorldTransaction, host: string) => void = () => {},
): Promise<void> {
  const known = revealMap(connection);
  await world.transact((transaction) => {
    const proxy = mapAt(known, "proxy");
    if (textAt(proxy, "host") !== undefined) requireHost(transaction, proxy, "proxy: ");
    then(transaction, requireHost(transaction, known, "").id);
  });
}

function requireHost(world: WorldTransaction, connection: PropertyMap, prefix: string): WorldObject {
  const address = textAt(connection, "host") ?? "";
  const host = world.list(hostKind).find(({ properties }) => textsAt(properties, "addresses").includes(address));
  if (host !== undefined && flagAt(host.properties, "reachable") !== false) return host;
  const endpoint = `${address}:${numberAt(connection, "port") ?? sshPort}`;
  throw new ServiceError("dial_error", `${prefix}${attempts(connection)}dial tcp ${endpoint}: i/o timeout`, 504);
}

function attempts(connection: PropertyMap): string {
  const limit = numberAt(connection, "dialErrorLimit") ?? standardErrorLimit;
  if (limit < 0) return "dialErrorLimit is -1, so the provider never gives up; the sandbox does: ";
  const timeout = numberAt(connection, "perDialTimeout") ?? standardDialTimeout;
  return `after ${Math.max(1, limit)} failed attempts of up to ${timeout} seconds each: `;
}

/** A file that was copied to a host: `{ host, path, text }`. Commands are not run, so no other files are known. */
export const remoteFileKind = "command:index/file:File";

/** What the provider can copy: a path, or a text. It takes no archive that is put together in the program. */
function wrongSource({ source }: PropertyMap): readonly CheckFailure[] {
  const problem = (property: string, reason: string) => [{ property, reason }];
  if (source instanceof Archive) {
    return "path" in source.source ? [] : problem("archive", "archive must be a path to a file or directory");
  }
  if (source instanceof Asset && "uri" in source.source) {
    return problem("asset", "asset must be a path-based file asset or a text asset");
  }
  return [];
}

/** Whether the provider copies again: the content or the destination differs. It compares nothing on the host. */
function copiesAgain(before: PropertyMap, after: PropertyMap): boolean {
  return hashOf(before.source) !== hashOf(after.source) || before.remotePath !== after.remotePath;
}

function hashOf(source: PropertyValue | undefined): string | undefined {
  return source instanceof Asset || source instanceof Archive ? source.hash : undefined;
}

/**
 * Writes what a copy leaves on a host: a directory lands below the destination under its own name, a file at it. What an earlier copy
 * of the same resource left is taken away, as whoever unpacks it does.
 */
function putFiles(world: WorldTransaction, host: string, inputs: PropertyMap, before?: PropertyMap): void {
  if (before !== undefined) {
    const former = destination(before);
    for (const file of world.list(remoteFileKind)) {
      const path = textAt(file.properties, "path") ?? "";
      const isFormer = path === former || path.startsWith(`${former}/`);
      if (textAt(file.properties, "host") === host && isFormer) world.delete(remoteFileKind, file.id);
    }
  }
  for (const [path, text] of contents(inputs)) {
    const properties = { host, path, text };
    world.put({ cloud: "command", kind: remoteFileKind, id: `${host}:${path}`, properties });
  }
}

function destination({ source, remotePath }: PropertyMap): string {
  const to = typeof remotePath === "string" ? remotePath : "";
  return source instanceof Archive && "path" in source.source ? posix.join(to, basename(source.source.path)) : to;
}

function contents(inputs: PropertyMap): readonly (readonly [path: string, text: string])[] {
  const { source } = inputs;
  const to = destination(inputs);
  if (source instanceof Asset && "text" in source.source) return [[to, source.source.text]];
  if (!(source instanceof Asset || source instanceof Archive) || !("path" in source.source)) return [];
  return localFiles(source.source.path).map(([path, text]) => [path === "" ? to : posix.join(to, path), text]);
}

/** The files at a path, by their paths below it; that of a single file is empty. */
function localFiles(path: string): readonly (readonly [path: string, text: string])[] {
  try {
    if (!statSync(path).isDirectory()) return [["", readRegularFile(path).toString("utf8")]];
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map(
        (file) => [file.slice(path.length + 1).replaceAll("\\", "/"), readRegularFile(file).toString("utf8")] as const,
      );
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceError("copy_error", `${path} cannot be read: ${why}`);
  }
}
