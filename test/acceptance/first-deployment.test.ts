import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { copyProject } from "../../operations/project-copy";
import { accountFaults } from "../../sandbox/clouds/emulated-accounts";
import { openWorld } from "../../sandbox/world/open-world";
import type { WorldObject, WorldTransaction } from "../../sandbox/world/world";
import { repository } from "../cli/run-command";
import { runHere } from "../cli/run-here";
import { keptState, keptWorld, worldObjects } from "./kept-data";

const page = readFileSync(join(repository, "docs/first-deployment.md"), "utf8");
const transcript = [...page.matchAll(/```console\n(.*?)```/gs)].flatMap(([, block = ""]) =>
  [...block.matchAll(/^\$ (.*)\n((?!\$ ).*\n)?/gm)].map(([, command = "", said = ""]) => ({
    command,
    said: said.trim(),
  })),
);

const record = (id: string, zoneId: string, name: string, type: string, content: string): WorldObject => ({
  ...{ cloud: "cloudflare", kind: "cloudflare:index/dnsRecord:DnsRecord", id: id.padStart(32, "0") },
  properties: { zoneId, name, type, content, proxied: true, ttl: 1 },
});
/** What accounts hold today beside the sandbox's world: the records of the plan's migration log, and no container app. */
const today: readonly WorldObject[] = [
  record("b1", "c0de0000000000000000000000000003", "bilko.io", "CNAME", "bilko-io.pages.dev"),
  record("b2", "c0de0000000000000000000000000003", "www.bilko.io", "CNAME", "bilko-io.pages.dev"),
  record("b3", "c0de0000000000000000000000000001", "docs.alai.no", "A", "192.0.2.9"),
  {
    ...{ cloud: "azure", kind: accountFaults.unregisteredProvider, id: "container apps of prod" },
    properties: { namespace: "Microsoft.app", subscription: "00000000-0000-4000-8000-000000000001" },
  },
];

const directory = (name: string) => mkdtempSync(join(tmpdir(), `first-${name}-`));
/** Two copies of this project: one goes through undisturbed, on accounts as they are today. */
const [whole, interrupted] = [directory("whole"), directory("interrupted")];
const dataOf = (copy: string) => join(copy, "data");
/** What the lines change in a copy. */
const changed = ["data", "Pulumi.prod.yaml", "policies/parameters/prod.yaml"];

beforeAll(async () => {
  for (const copy of [whole, interrupted]) copyProject(repository, copy);
  await inWorld((world) => {
    for (const object of today) world.put(object);
  });
}, 120_000);
afterAll(() => {
  for (const copy of [whole, interrupted, ...starts.map(({ before }) => before)])
    rmSync(copy, { recursive: true, force: true });
}, 60_000);
afterEach(() => {
  vi.useRealTimers();
});

async function inWorld(change: (world: WorldTransaction) => void): Promise<void> {
  const world = await openWorld(dataOf(whole));
  await world.transact(change);
  world.close();
}

interface LineRun {
  readonly exitCode: number | null;
  /** The last line. */
  readonly said: string;
  /** All that was printed, for a failing test's message. */
  readonly printed: string;
}

/** Runs a line of the page in a copy of this project. */
async function runLine(copy: string, command: string, fault?: Fault): Promise<LineRun> {
  const words = /^(?:echo '(.*)' \| )?npm run (\S+)(?: -- (.*))?$/.exec(command);
  if (words === null) {
    execFileSync("sh", ["-ec", command], { cwd: copy });
    return { exitCode: 0, said: "", printed: "" };
  }
  const [, input, name = "", rest = ""] = words;
  // Policies look on once, where the page changes what they allow. A person sees the preview that comes first; here it would take as long
  // again.
  const pack = copy === whole && rest.includes("prod") ? ["--policy-pack", join(copy, "policies")] : [];
  // The others read no file that the page changes.
  const place = ["adopt", "doctor", "up"].includes(name) ? ["--cwd", copy] : [];
  const more = name === "up" ? ["--skip-preview", ...pack] : [];
  const args = [name, ...rest.split(" ").filter(Boolean), ...place, ...more];
  const faults = join(copy, "faults.json");
  writeFileSync(
    faults,
    JSON.stringify({ faults: fault === undefined ? [] : [{ effect: "fail", type: "*", ...fault }] }),
  );
  const run = await runHere(args, { SANDBOX_DIRECTORY: dataOf(copy), SANDBOX_FAULTS: faults }, input);
  const printed = run.output + run.errors;
  return { exitCode: run.exitCode, said: run.output.trimEnd().split("\n").at(-1) ?? "", printed };
}

/** How many resources a stack has changes with each that is added: the page has `…` for such a number. */
function asSaid(line: string): RegExp {
  const parts = line.split("…").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join("[1-9]\\d*")}$`);
}

/** The commands that `doctor` names, below what each mends; not those that are lines of the page. */
function named(printed: string): readonly string[] {
  const all = [...printed.matchAll(/^ {22}(\S.*)$/gm)].map(([, command = ""]) => command);
  return all.filter((command) => !transcript.some((line) => line.command === command));
}

/** Does what doctor names, as a person would. What `az` and `gh` change in the real accounts is changed in the emulated ones. */
async function mend(command: string): Promise<void> {
  const [, namespace] = /^az provider register --namespace (\S+) --subscription \S+$/.exec(command) ?? [];
  const [, name, environment, owned] = /^gh secret set (\S+) --env (\S+) --repo [\w-]+\/(\S+)$/.exec(command) ?? [];
  if (namespace !== undefined) {
    await inWorld((world) => {
      const kind = accountFaults.unregisteredProvider;
      for (const { id, properties } of world.list(kind)) if (properties.namespace === namespace) world.delete(kind, id);
    });
  } else if (name !== undefined) {
    await inWorld((world) => {
      for (const secret of world.list("github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret")) {
        const { secretName, environment: of, repository: within } = secret.properties;
        if (secretName !== name || of !== environment || within !== owned) continue;
        world.put({ ...secret, properties: { ...secret.properties, updatedAt: "2026-12-01T12:00:00Z" } });
      }
    });
  } else {
    expect(command).toMatch(/^npm run secret -- set --stack \S+ --name \S+$/);
    const { exitCode, printed } = await runLine(whole, `echo 'stand-in' | ${command}`);
    expect([command, exitCode], printed).toEqual([command, 0]);
  }
}

it("goes as its page says, on accounts that hold things already, and ends with nothing lacking", async () => {
  expect(transcript.length).toBeGreaterThan(15);
  const begun = new Map<string, number>();
  for (const { command, said } of transcript) {
    const time = begun.get(command) ?? 0;
    begun.set(command, time + 1);
    const places = (stops[command]?.[time] ?? []).filter((each) => chosen.has(each));
    const before = places.length === 0 ? undefined : keep();
    // Exceptions end: what needs nobody on one day does on another.
    if (command.startsWith("npm run status")) vi.setSystemTime("2026-12-01T12:00:00Z");
    const run = await runLine(whole, command);
    const exitCode = Number(/exit code (\d+)/.exec(said)?.[1] ?? 0);
    expect([command, run.said, run.exitCode], run.printed).toEqual([
      ...[command, expect.stringMatching(asSaid(said)), exitCode],
    ]);
    if (command.startsWith("npm run doctor")) for (const line of named(run.printed)) await mend(line);
    if (before !== undefined) starts.push({ command, places, before, after: await ofProd(whole) });
  }
  const docs = (await worldObjects(dataOf(whole))).filter(({ properties }) => properties.name === "docs.alai.no");
  expect(docs).toMatchObject([{ id: today[2]?.id, properties: { content: "4.223.110.181" } }]);
  // The list of what was taken over is empty again, and the door is closed.
  for (const file of ["Pulumi.prod.yaml", "policies/parameters/prod.yaml"]) {
    expect(readFileSync(join(whole, file), "utf8")).toBe(readFileSync(join(repository, file), "utf8"));
  }
}, 180_000);

/** A call to a service that is answered with an error: before it took effect, or after. */
interface Fault {
  readonly operation: "create" | "read" | "update" | "invoke";
  readonly nth: number;
  readonly when: "before" | "after";
}
const fault = (operation: Fault["operation"], nth: number, when: Fault["when"] = "after") => ({ operation, nth, when });

/** Where the lines of prod, which takes over and makes the most, stop: each is run again after every fault. */
const stops: Readonly<Record<string, readonly (readonly Fault[])[]>> = {
  "npm run adopt -- --stack prod": [[fault("invoke", 1, "before")], [fault("invoke", 2)]],
  "npm run up -- --stack prod --yes": [
    [
      ...[fault("create", 1, "before"), fault("create", 1), fault("read", 3, "before"), fault("update", 2)],
      ...[fault("create", 30), fault("create", 30, "before"), fault("create", 40), fault("create", 20)],
    ],
    [fault("update", 1), fault("update", 1, "before")],
  ],
};

const places = Object.values(stops).flat(2);
/** Each is a run of its own. `INTERRUPTIONS=12 npm test -- test/acceptance/first-deployment` tries all. */
const tried = Number(process.env.INTERRUPTIONS ?? 3);
const chosen = drawn();

/** Other ones each time. */
function drawn(): ReadonlySet<Fault> {
  const left = [...places];
  const take = () => left.splice(Math.floor(Math.random() * left.length), 1);
  return new Set(Array.from({ length: tried }, take).flat());
}

/** A line that is interrupted begins where the undisturbed one began, and has to end where that one ended. */
interface Start {
  readonly command: string;
  readonly places: readonly Fault[];
  /** A directory with {@link changed} as it was. */
  readonly before: string;
  readonly after: Awaited<ReturnType<typeof ofProd>>;
}
const starts: Start[] = [];

function keep(): string {
  const before = directory("before");
  for (const part of changed) cpSync(join(whole, part), join(before, part), { recursive: true });
  return before;
}

function goBackTo(before: string): void {
  rmSync(dataOf(interrupted), { recursive: true, force: true });
  for (const part of changed) cpSync(join(before, part), join(interrupted, part), { recursive: true });
}

async function ofProd(copy: string) {
  const world = await keptWorld(dataOf(copy));
  return {
    world: world.filter((object) => object.includes("urn:pulumi:prod::")),
    state: await keptState(dataOf(copy), "landscape", "prod"),
    file: readFileSync(join(copy, "Pulumi.prod.yaml"), "utf8"),
  };
}

it(`converges when it was interrupted at ${tried} of ${places.length} places and each line was run again`, async () => {
  expect(new Set(starts.flatMap((start) => start.places))).toEqual(chosen);
  for (const { command, places: there, before, after } of starts) {
    goBackTo(before);
    for (const place of there) {
      const stopped = await runLine(interrupted, command, place);
      expect([place, stopped.said], stopped.printed).toEqual([place, expect.stringContaining("failed")]);
    }
    const { exitCode, printed } = await runLine(interrupted, command);
    expect([command, exitCode], printed).toEqual([command, 0]);
    expect(await ofProd(interrupted)).toEqual(after);
  }
}, 180_000);
