import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const repository = join(__dirname, "../../..");

/** A `pulumi` that answers with a recorded run; see {@link installFakePulumi}. */
export interface FakePulumi {
  /** For the environment of the process that is to find it. */
  readonly path: string;
  /** The commands it was given, one a line, words separated by spaces. */
  commands(): readonly string[];
}

/**
 * Puts an executable called `pulumi` into `directory`. It speaks as much of the CLI as the Automation API asks for: it streams the
 * events of a recorded run over gRPC, ends with that run's exit code, and knows one stack, `dev`, and those that it was told to make.
 * The protection of resources is as the run's state says, until `state protect` and `state unprotect` change it. FAKE_CONFIG is what
 * `config` answers, and FAKE_EVENTS names a file with events in the place of the recorded ones.
 *
 * @param preview the run that previews answer with, and whose state there is until something else has run; default: the same run
 */
export function installFakePulumi(directory: string, run: string, preview = run): FakePulumi {
  mkdirSync(directory, { recursive: true });
  const log = join(directory, "commands.txt");
  writeFileSync(log, "");
  const executable = join(directory, "pulumi");
  const [recording = "", previews = ""] = [run, preview].map((name) =>
    join(repository, "test/fixtures/real-engine", name),
  );
  writeFileSync(executable, program(log, recording, previews));
  chmodSync(executable, 0o755);
  return {
    path: `${directory}${delimiter}${process.env.PATH ?? ""}`,
    commands: () =>
      readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line !== ""),
  };
}

function program(log: string, recording: string, previews: string): string {
  const sdk = join(repository, "node_modules");
  return `#!/usr/bin/env node
const { appendFileSync, readFileSync } = require("node:fs");
const args = process.argv.slice(2);
appendFileSync(${JSON.stringify(log)}, args.join(" ") + "\\n");
const commands = readFileSync(${JSON.stringify(log)}, "utf8");
const isPreview = args[0] === "preview" || args.includes("--preview-only");
const hasRun = /^(up|refresh|destroy) (?!.*--preview-only)/m.test(commands);
const isBefore = isPreview || (args[0] === "stack" && !hasRun);
const recorded = (name) => readFileSync((isBefore ? ${JSON.stringify(previews)} : ${JSON.stringify(recording)}) + "/" + name, "utf8");
const option = (name) => args[args.indexOf(name) + 1];
if (args[0] === "version") process.stdout.write("v3.260.0\\n");
else if (args[0] === "stack" && args[1] === "select") {
  if (!stacks().includes(option("--stack"))) fail("error: no stack named '" + option("--stack") + "' found");
} else if (args[0] === "stack" && args[1] === "ls") {
  process.stdout.write(JSON.stringify(stacks().map((name) => ({ name: "organization/landscape/" + name, current: false }))));
} else if (args[0] === "stack" && (args[1] === "init" || args[1] === "rm")) process.stdout.write("done");
else if (args[0] === "stack" && args[1] === "export") process.stdout.write(JSON.stringify(state()));
else if (args[0] === "stack" && args[1] === "output") {
  const owner = args.includes("--show-secrets") ? "canary-output-value" : "[secret]";
  process.stdout.write(JSON.stringify({ accountName: "account", owner }));
} else if (args[0] === "stack" && args[1] === "history") process.stdout.write("[]");
else if (args[0] === "config") process.stdout.write(process.env.FAKE_CONFIG ?? "{}");
else if (args[0] === "state" && !isLocked()) process.stdout.write("done");
else if (args[0] === "cancel") process.stdout.write("done");
else if (!isPreview && isLocked()) fail(locked(process.env.FAKE_LOCKED));
else stream(option("--event-log"));

function stacks() {
  const known = new Set(["dev"]);
  for (const [, , verb, name] of readFileSync(${JSON.stringify(log)}, "utf8").matchAll(/^(stack) (init|rm) (\\S+)/gm)) {
    if (verb === "init") known.add(name);
    else known.delete(name);
  }
  return [...known];
}

function isLocked() {
  return (process.env.FAKE_LOCKED ?? "") !== "" && !/^cancel /m.test(commands);
}

function state() {
  const state = JSON.parse(recorded("state.json"));
  // What was refused has changed nothing.
  if (isLocked()) return state;
  for (const [, change, urn] of commands.matchAll(/^state (protect|unprotect) (\\S+)/gm)) {
    for (const resource of state.deployment.resources.filter((each) => each.urn === urn)) resource.protect = change === "protect";
  }
  return state;
}

// As the CLI says it of a self-managed backend: whose lock it is, where it says so.
function locked(holder) {
  const named = "\\n  azblob://dev/.pulumi/locks/dev/0.json: created by " + holder + " (pid 2143) at 2026-01-01T10:00:00Z";
  return "error: the stack is currently locked by 1 lock(s)" + (holder.includes("@") ? named : "");
}

function fail(message) {
  process.stderr.write(message + "\\n");
  process.exitCode = 1;
}

function stream(target) {
  const load = (name) => require(${JSON.stringify(`${sdk}/`)} + name);
  const grpc = load("@grpc/grpc-js");
  const { EventsClient } = load("@pulumi/pulumi/proto/events_grpc_pb");
  const { EventRequest } = load("@pulumi/pulumi/proto/events_pb");
  const client = new EventsClient(target.replace("tcp://", ""), grpc.credentials.createInsecure());
  const call = client.streamEvents(() => client.close());
  const events = process.env.FAKE_EVENTS ? readFileSync(process.env.FAKE_EVENTS, "utf8") : recorded("events.jsonl");
  for (const line of events.split("\\n").filter(Boolean)) {
    const request = new EventRequest();
    request.setEvent(line);
    call.write(request);
  }
  call.end();
  process.exitCode = Number(recorded("exit"));
  if (process.exitCode !== 0) process.stderr.write("error: update failed\\n");
}
`;
}
