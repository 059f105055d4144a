import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { copyProject } from "../../operations/project-copy";
import { openWorld } from "../../sandbox/world/open-world";
import type { WorldObject } from "../../sandbox/world/world";
import { repository } from "../cli/run-command";
import { runHere } from "../cli/run-here";

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

let copy = "";
const data = () => ({ SANDBOX_DIRECTORY: join(copy, "data") });

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), "first-"));
  copyProject(repository, copy);
  const world = await openWorld(data().SANDBOX_DIRECTORY);
  await world.transact((transaction) => {
    for (const object of today) transaction.put(object);
  });
  world.close();
}, 120_000);
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Runs a line of the page in a copy of this project, and says what its last line was. */
async function runLine(command: string): Promise<string> {
  const words = /^npm run (\S+) -- (.*)$/.exec(command);
  if (words === null) {
    execFileSync("sh", ["-ec", command], { cwd: copy });
    return "";
  }
  const [, name = "", rest = ""] = words;
  // Policies look on where the page changes what they allow. A person sees the preview that comes first; here it would take as long again.
  const pack = rest.includes("prod") ? ["--policy-pack", join(copy, "policies")] : [];
  const more = name === "up" ? ["--skip-preview", ...pack] : [];
  const args = [name, ...rest.split(" "), "--cwd", copy, ...more];
  return (await runHere(args, data())).output.trimEnd().split("\n").at(-1) ?? "";
}

/** How many resources a stack has changes with each that is added; that there are none stays. */
function uncounted(line: string): string {
  return line.replace(/[1-9]\d*/g, "N");
}

it("goes as its page says, on accounts that hold things already", async () => {
  expect(transcript.length).toBeGreaterThan(10);
  const said = [];
  for (const { command } of transcript) said.push(await runLine(command));
  expect(said.map(uncounted)).toEqual(transcript.map((line) => uncounted(line.said)));
  const world = await openWorld(data().SANDBOX_DIRECTORY);
  const docs = (await world.objects()).filter(({ properties }) => properties.name === "docs.alai.no");
  world.close();
  expect(docs).toMatchObject([{ id: today[2]?.id, properties: { content: "4.223.110.181" } }]);
  // The list of what was taken over is empty again, and the door is closed.
  for (const file of ["Pulumi.prod.yaml", "policies/parameters/prod.yaml"]) {
    expect(readFileSync(join(copy, file), "utf8")).toBe(readFileSync(join(repository, file), "utf8"));
  }
}, 180_000);
