import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RandomPet } from "@pulumi/random/randomPet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EngineEvent } from "../../../deployment/engine-event";
import type { OperationRequest } from "../../../sandbox/engine/engine";
import {
  DiskStateStore,
  MemoryStateStore,
  runOperation,
  StackLocked,
  WrongPassphrase,
} from "../../../sandbox/engine/run-operation";
import { EchoProvider } from "./echo-provider";

const repository = join(__dirname, "..", "..", "..");
let directory: string;
let events: EngineEvent[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "run-"));
  events = [];
});

afterEach(() => rmSync(directory, { recursive: true }));

function request(fields: Partial<OperationRequest>): OperationRequest {
  return {
    kind: "up",
    previewOnly: false,
    project: { name: "demo", root: repository, main: repository },
    organization: "organization",
    stack: "dev",
    config: new Map(),
    provider: (packageName) => new EchoProvider(packageName),
    policies: [],
    state: new MemoryStateStore("dev"),
    stackOutputs: async () => undefined,
    targets: [],
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    ...fields,
  };
}

function inline(run: () => unknown): Pick<OperationRequest, "program"> {
  return { program: { kind: "inline", run } };
}

const messages = () => events.flatMap(({ diagnosticEvent }) => (diagnosticEvent ? [diagnosticEvent.message] : []));

/** A provider whose creations wait for `gate` and that counts how many wait at once. */
class SlowProvider extends EchoProvider {
  static running = 0;
  static most = 0;

  override async create(created: Parameters<EchoProvider["create"]>[0]): ReturnType<EchoProvider["create"]> {
    SlowProvider.running += 1;
    SlowProvider.most = Math.max(SlowProvider.most, SlowProvider.running);
    await new Promise((resolve) => setTimeout(resolve, 20));
    SlowProvider.running -= 1;
    return super.create(created);
  }
}

const manyPets = () => {
  for (let index = 0; index < 8; index += 1) new RandomPet(`pet-${index}`, { length: 1 });
};

describe("resources that do not need one another", () => {
  it.each([
    [8, undefined],
    [3, 3],
    [1, 1],
  ])("are made %i at a time with parallel %s", async (most, parallel) => {
    SlowProvider.most = 0;
    const provider = (packageName: string) => new SlowProvider(packageName);
    await runOperation(request({ ...inline(manyPets), provider, ...(parallel === undefined ? {} : { parallel }) }));
    expect(SlowProvider.most).toBe(most);
  });
});

describe("a run that is cancelled", () => {
  it("finishes what it has begun, begins no more, and saves", async () => {
    const controller = new AbortController();
    const state = new MemoryStateStore("dev");
    const provider = (packageName: string) => new SlowProvider(packageName);
    const chain = () => {
      let last = new RandomPet("pet-0", { length: 1 });
      for (let index = 1; index < 8; index += 1) last = new RandomPet(`pet-${index}`, { length: last.length });
    };
    const emit = (event: EngineEvent) => {
      events.push(event);
      if (event.resourcePreEvent?.metadata.urn.endsWith("::pet-2")) controller.abort();
    };
    const { result } = await runOperation(
      request({ ...inline(chain), provider, state, emit, signal: controller.signal }),
    );
    expect(result).toBe("cancelled");
    expect(messages().at(-1)).toBe("update canceled\n");
    const saved = (await state.load())?.deployment.resources?.map(({ urn }) => urn.split("::").at(-1));
    expect(saved?.filter((name) => name?.startsWith("pet"))).toEqual(["pet-0", "pet-1", "pet-2"]);
  });
});

describe("a preview", () => {
  it("leaves no trace on disk", async () => {
    const state = new DiskStateStore(directory, "demo", "dev");
    await runOperation(request({ kind: "preview", ...inline(manyPets), state }));
    expect(readdirSync(directory)).toEqual([]);
  });

  it("needs no lock", async () => {
    const state = new DiskStateStore(directory, "demo", "dev");
    const unlock = await state.lock("up");
    expect((await runOperation(request({ kind: "preview", ...inline(manyPets), state }))).result).toBe("succeeded");
    await expect(runOperation(request({ ...inline(manyPets), state }))).rejects.toThrow(StackLocked);
    await unlock();
  });

  it("that expects no changes fails where there are some", async () => {
    const state = new MemoryStateStore("dev");
    const expecting = { ...inline(manyPets), state, expectNoChanges: true };
    const before = await runOperation(request({ kind: "preview", ...expecting }));
    expect([before.result, before.failure]).toEqual(["failed", "changes"]);
    await runOperation(request({ ...inline(manyPets), state }));
    const after = await runOperation(request({ kind: "preview", ...expecting }));
    expect([after.result, after.failure]).toEqual(["succeeded", undefined]);
  });
});

describe("a state with another passphrase", () => {
  afterEach(() => {
    delete process.env.PULUMI_CONFIG_PASSPHRASE;
  });

  it("is refused and left as it is", async () => {
    const state = new DiskStateStore(directory, "demo", "dev");
    process.env.PULUMI_CONFIG_PASSPHRASE = "first";
    await runOperation(request({ ...inline(manyPets), state }));
    const before = readFileSync(state.location, "utf8");
    process.env.PULUMI_CONFIG_PASSPHRASE = "second";
    await expect(runOperation(request({ ...inline(manyPets), state }))).rejects.toThrow(WrongPassphrase);
    expect(readFileSync(state.location, "utf8")).toBe(before);
    process.env.PULUMI_CONFIG_PASSPHRASE = "first";
    expect((await runOperation(request({ ...inline(manyPets), state }))).result).toBe("succeeded");
  });
});

/** A project of its own, with the repository's packages. */
function project(manifest: object, files: Readonly<Record<string, string>>, main: string): OperationRequest["project"] {
  mkdirSync(directory, { recursive: true });
  symlinkSync(join(repository, "node_modules"), join(directory, "node_modules"));
  writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return { name: "demo", root: directory, main: join(directory, main) };
}

const commonJs = {
  "index.ts": `
import * as pulumi from "@pulumi/pulumi";
import { length } from "./length";
import { RandomPet } from "@pulumi/random/randomPet";
const pet = new RandomPet("pet", { length });
export const made: pulumi.Output<number> = pet.length;
export const where = process.cwd().split("/").at(-1);
console.log("hello from the program");
`,
  "length.ts": "export const length: number = Number(process.env.PET_LENGTH ?? 2);",
};

describe("a project on disk", () => {
  afterEach(() => {
    delete process.env.PET_LENGTH;
  });

  it("runs in its directory, and again in the same process with modules of its own", async () => {
    const demo = project({ name: "demo" }, commonJs, "index.ts");
    const state = new MemoryStateStore("dev");
    const before = process.cwd();
    const first = await runOperation(request({ project: demo, state }));
    expect(first.outputs).toEqual({ made: 2, where: directory.split("/").at(-1) });
    expect(messages()).toEqual(["hello from the program\n"]);
    process.env.PET_LENGTH = "5";
    const second = await runOperation(request({ project: demo, state }));
    expect([second.changes, second.outputs.made]).toEqual([{ same: 1, update: 1 }, 5]);
    expect(process.cwd()).toBe(before);
  });

  it("may be an ES module that exports a function", async () => {
    const text = `
import { RandomPet } from "@pulumi/random/randomPet.js";
export default async () => ({ made: new RandomPet("pet", { length: 3 }).length });
`;
    const demo = project({ name: "demo", type: "module" }, { "index.js": text }, ".");
    const state = new MemoryStateStore("dev");
    const first = await runOperation(request({ project: demo, state }));
    expect(first.outputs).toEqual({ made: 3 });
    expect((await runOperation(request({ project: demo, state }))).changes).toEqual({ same: 2 });
  });

  it("that is not there is said to be missing", async () => {
    const demo = project({ name: "demo" }, {}, "missing.ts");
    const { result, failure } = await runOperation(request({ project: demo }));
    expect([result, failure]).toEqual(["failed", "program"]);
    expect(messages().join()).toContain(`We failed to locate the entry point for your program: ${demo.main}`);
  });

  it("without the SDK is told to install it", async () => {
    const bare = { name: "demo", root: directory, main: directory };
    await expect(runOperation(request({ project: bare }))).rejects.toThrow(/@pulumi\/pulumi is not installed there/);
  });
});
