import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { pathWithPulumi } from "../../operations/programs/pulumi-program";
import { runCommand } from "../cli/run-command";
import { pulumiEnvironment } from "../real-engine/pulumi-environment";
import { missingPrograms } from "../real-programs";

const repository = join(__dirname, "../..");

const needs = missingPrograms("pulumi");

const program = `
const cloudflare = require("@pulumi/cloudflare");
const random = require("@pulumi/random");
const github = require("@pulumi/github");
const zone = cloudflare.getZoneOutput({ filter: { name: "alai.no" } });
const name = new random.RandomPet("name");
const secret = new random.RandomPassword("secret", { length: 24 });
new cloudflare.DnsRecord("record", { zoneId: zone.zoneId, name: name.id.apply((pet) => pet + ".alai.no"), type: "A", content: "192.0.2.7", ttl: 300 });
new github.ActionsSecret("token", { repository: "alai-infra", secretName: "TOKEN", value: secret.result });
exports.name = name.id;
`;

const protectedProgram = `
const random = require("@pulumi/random");
const needed = new random.RandomPet("needed");
new random.RandomPet("kept", { prefix: needed.id }, { protect: true });
`;

const wrongProgram = `
const cloudflare = require("@pulumi/cloudflare");
new cloudflare.DnsRecord("record", { zoneId: "c0de0000000000000000000000000001", name: "x.alai.no", type: "A", content: "192.0.2.7", ttl: 300, proxied: true });
`;

/** A Pulumi project of its own, on a file backend, whose providers are the emulated ones. */
class PulumiProject {
  readonly directory = mkdtempSync(join(tmpdir(), "emulated-plugins-"));

  constructor(source: string) {
    writeFileSync(
      join(this.directory, "Pulumi.yaml"),
      "name: emulated\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n",
    );
    writeFileSync(join(this.directory, "package.json"), '{ "name": "emulated", "main": "index.js" }\n');
    writeFileSync(join(this.directory, "index.js"), source);
    symlinkSync(join(repository, "node_modules"), join(this.directory, "node_modules"), "junction");
    mkdirSync(join(this.directory, "backend"));
  }

  async pulumi(...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)("pulumi", [...args, "--non-interactive"], {
      cwd: this.directory,
      env: { ...process.env, ...pulumiEnvironment(join(this.directory, "backend")) },
    });
    return stdout;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}

describe("the real engine on emulated clouds", () => {
  const projects: PulumiProject[] = [];
  const newProject = (source: string): PulumiProject => {
    const project = new PulumiProject(source);
    projects.push(project);
    return project;
  };
  afterAll(() => {
    for (const project of projects) project.remove();
  });

  it.skipIf(needs !== "")(
    `deploys, finds nothing to change or refresh, and destroys${needs}`,
    { timeout: 300_000 },
    async () => {
      const project = newProject(program);
      await project.pulumi("stack", "init", "dev");
      await project.pulumi("preview");
      await project.pulumi("up", "--yes");
      const name = (await project.pulumi("stack", "output", "name")).trim();
      expect(name).toMatch(/^[a-z]+-[a-z]+$/);
      await project.pulumi("up", "--yes", "--expect-no-changes");
      await project.pulumi("refresh", "--yes", "--expect-no-changes");
      const state = await project.pulumi("stack", "export");
      expect(JSON.parse(state)).toMatchObject({ version: 3 });
      await project.pulumi("destroy", "--yes");
    },
  );

  it.skipIf(needs !== "")(`refuses what the service refuses, with its code${needs}`, { timeout: 300_000 }, async () => {
    const project = newProject(wrongProgram);
    await project.pulumi("stack", "init", "dev");
    await project.pulumi("preview");
    await expect(project.pulumi("up", "--yes", "--skip-preview")).rejects.toMatchObject({
      stdout: expect.stringContaining("9021"),
    });
  });

  it.skipIf(needs !== "")(
    `leaves out of a preview what protected things need: destroy names it all the same${needs}`,
    { timeout: 300_000 },
    async () => {
      const project = newProject(protectedProgram);
      await project.pulumi("stack", "init", "dev");
      await project.pulumi("up", "--yes", "--skip-preview");
      const args = [
        "destroy",
        "--stack",
        "dev",
        "--unprotect",
        "--yes",
        "--engine",
        "pulumi",
        "--cwd",
        project.directory,
      ];
      const run = await runCommand(args, pulumiEnvironment(join(project.directory, "backend")));
      expect(run.exitCode, run.output + run.errors).toBe(0);
      expect(run.output).toMatch(/1 resource more, .*\n {4}- {2}random:index\/randomPet:RandomPet needed\n/);
      expect(run.output).toContain("destroyed: 3 deleted");
    },
  );
});

describe("the language host of a real engine", () => {
  const directory = mkdtempSync(join(tmpdir(), "real-engine-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const install = (name: string) => {
    writeFileSync(join(directory, name), "#!/bin/sh\n");
    chmodSync(join(directory, name), 0o755);
    return join(directory, name);
  };

  it("is the one that the CLI brings, and the tests' own where it brings none", () => {
    const pulumi = install("pulumi");
    const path = () => pathWithPulumi(pulumi, { PATH: "" }).split(delimiter);
    expect(path()).toContain(join(repository, "test/real-engine/bin"));
    install("pulumi-language-nodejs");
    expect(path()).not.toContain(join(repository, "test/real-engine/bin"));
  });
});
