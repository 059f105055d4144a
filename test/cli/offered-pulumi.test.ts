import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { offerPulumi, type PulumiOffer } from "../../cli/engines/offered-pulumi";
import { pulumiVersion } from "../../operations/programs/pulumi-program";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "home-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const directory = () => join(home, ".pulumi", "versions", pulumiVersion);
const installInto = (bin: string) => {
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "pulumi"), "#!/bin/sh\n", { mode: 0o755 });
};

/** What was asked and installed, and the PATH after the offer. */
async function offered(change: Partial<PulumiOffer> = {}) {
  const asked: string[] = [];
  const installed: string[] = [];
  const environment = { PATH: join(home, "programs") };
  await offerPulumi({
    environment,
    home,
    hasTerminal: () => true,
    ask: async ({ question }) => asked.push(question) > 0,
    install: async (root) => {
      installed.push(root);
      installInto(join(root, "bin"));
    },
    ...change,
  });
  return { asked, installed, path: environment.PATH };
}

it("a CLI on the PATH is used, and nothing is asked", async () => {
  installInto(join(home, "programs"));
  expect(await offered()).toEqual({ asked: [], installed: [], path: join(home, "programs") });
});

it("is downloaded once, after a person agreed, and found from then on", async () => {
  const first = await offered();
  expect(first.asked).toEqual([expect.stringContaining(`Pulumi CLI ${pulumiVersion} into ${directory()}`)]);
  expect(first.installed).toEqual([directory()]);
  const path = `${join(directory(), "bin")}:${join(home, "programs")}`;
  expect(first.path).toBe(path);
  expect(await offered()).toEqual({ asked: [], installed: [], path });
});

it.each([
  ["there is no terminal", { hasTerminal: () => false }],
  ["the answer is no", { ask: async () => false }],
])("nothing is downloaded where %s", async (_where, change) => {
  expect(await offered(change)).toMatchObject({ installed: [], path: join(home, "programs") });
});
