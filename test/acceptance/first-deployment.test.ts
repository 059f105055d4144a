import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { copyProject } from "../../operations/project-copy";
import { openWorld } from "../../sandbox/world/open-world";
import type { WorldObject } from "../../sandbox/world/world";
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
/** What accounts hold today beside the sandbox's world: the records of the plan's migration log. */
const today = [
  record("b1", "c0de0000000000000000000000000003", "bilko.io", "CNAME", "bilko-io.pages.dev"),
  record("b2", "c0de0000000000000000000000000003", "www.bilko.io", "CNAME", "bilko-io.pages.dev"),
  record("b3", "c0de0000000000000000000000000001", "docs.alai.no", "A", "192.0.2.9"),
];

/** Two copies of this project, on accounts as they are today: one goes through undisturbed. */
const [whole, interrupted] = ["whole", "interrupted"].map((name) => mkdtempSync(join(tmpdir(), `first-${name}-`)));
const dataOf = (copy = "") => join(copy, "data");

beforeAll(async () => {
  for (const copy of [whole, interrupted]) {
    copyProject(repository, copy ?? "");
    const world = await openWorld(dataOf(copy));
    await world.transact((transaction) => {
      for (const object of today) transaction.put(object);
    });
    world.close();
  }
}, 120_000);
afterAll(() => {
  for (const copy of [whole, interrupted]) rmSync(copy ?? "", { recursive: true, force: true });
}, 60_000);

interface LineRun {
  readonly exitCode: number | null;
  /** The last line. */
  readonly said: string;
  /** All that was printed, for a failing test's message. */
  readonly printed: string;
}

/** Runs a line of the page in a copy of this project. */
async function runLine(copy = "", command = "", fault?: Fault): Promise<LineRun> {
  const words = /^npm run (\S+) -- (.*)$/.exec(command);
  if (words === null) {
    execFileSync("sh", ["-ec", command], { cwd: copy });
    return { exitCode: 0, said: "", printed: "" };
  }
  const [, name = "", rest = ""] = words;
  // Policies look on once, where the page changes what they allow. A person sees the preview that comes first; here it would take as long
  // again.
  const pack = copy === whole && rest.includes("prod") ? ["--policy-pack", join(copy, "policies")] : [];
  const more = name === "up" ? ["--skip-preview", ...pack] : [];
  const args = [name, ...rest.split(" "), "--cwd", copy, ...more];
  const faults = join(copy, "faults.json");
  writeFileSync(
    faults,
    JSON.stringify({ faults: fault === undefined ? [] : [{ effect: "fail", type: "*", ...fault }] }),
  );
  const run = await runHere(args, { SANDBOX_DIRECTORY: dataOf(copy), SANDBOX_FAULTS: faults });
  const printed = run.output + run.errors;
  return { exitCode: run.exitCode, said: run.output.trimEnd().split("\n").at(-1) ?? "", printed };
}

/** How many resources a stack has changes with each that is added: the page has `…` for such a number. */
function asSaid(line: string): RegExp {
  const parts = line.split("…").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join("[1-9]\\d*")}$`);
}

it("goes as its page says, on accounts that hold things already", async () => {
  expect(transcript.length).toBeGreaterThan(10);
  for (const { command, said } of transcript) {
    const run = await runLine(whole, command);
    expect([command, run.said], run.printed).toEqual([command, expect.stringMatching(asSaid(said))]);
  }
  const docs = (await worldObjects(dataOf(whole))).filter(({ properties }) => properties.name === "docs.alai.no");
  expect(docs).toMatchObject([{ id: today[2]?.id, properties: { content: "4.223.110.181" } }]);
  // The list of what was taken over is empty again, and the door is closed.
  expectClosed(whole);
}, 180_000);

function expectClosed(copy = ""): void {
  for (const file of ["Pulumi.prod.yaml", "policies/parameters/prod.yaml"]) {
    expect(readFileSync(join(copy, file), "utf8")).toBe(readFileSync(join(repository, file), "utf8"));
  }
}

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

/** Other ones each time. */
function drawn(): ReadonlySet<Fault> {
  const left = [...places];
  const take = () => left.splice(Math.floor(Math.random() * left.length), 1);
  return new Set(Array.from({ length: tried }, take).flat());
}

it(`converges when it was interrupted at ${tried} of ${places.length} places and each line was run again`, async () => {
  const begun = new Map<string, number>();
  const chosen = drawn();
  const met = new Set<Fault>();
  for (const { command } of transcript.filter((line) => !/--stack (bootstrap|hosts)/.test(line.command))) {
    const time = begun.get(command) ?? 0;
    begun.set(command, time + 1);
    for (const place of (stops[command]?.[time] ?? []).filter((each) => chosen.has(each))) {
      const stopped = await runLine(interrupted, command, place);
      expect([place, stopped.said], stopped.printed).toEqual([place, expect.stringContaining("failed")]);
      met.add(place);
    }
    const { exitCode, printed } = await runLine(interrupted, command);
    expect([command, exitCode], printed).toEqual([command, 0]);
  }
  expect(met).toEqual(chosen);
  expectClosed(interrupted);
  const ofProd = async (copy = "") => {
    const world = await keptWorld(dataOf(copy));
    return {
      world: world.filter((object) => object.includes("urn:pulumi:prod::")),
      state: await keptState(dataOf(copy), "landscape", "prod"),
    };
  };
  expect(await ofProd(interrupted)).toEqual(await ofProd(whole));
}, 180_000);
