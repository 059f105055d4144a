import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { repository } from "./run-command";
import { type SmallProject, smallProject } from "./small-project";

let project: SmallProject;
beforeEach(() => {
  project = smallProject();
});
afterEach(() => project.remove());

const statePath = () => join(project.directory, ".sandbox/state/small/dev.json");
const state = () => JSON.parse(readFileSync(statePath(), "utf8"));
const up = (environment: Readonly<Record<string, string>> = {}) =>
  project.runHere(["up", "--yes", "--skip-preview"], environment);

describe("bad input", () => {
  it("an unknown stack ends with 6 and lists those there are", async () => {
    project.write("Pulumi.prod.yaml", "config: {}\n");
    const run = await project.runHere(["preview", "--stack", "prd"]);
    expect(run.exitCode).toBe(6);
    expect(run.errors).toContain('stack "prd" not found. Stacks here: dev, prod.');
  });

  it("a stack without its configuration, or with a misspelled one, ends with 2 and says where", async () => {
    project.write("Pulumi.prod.yaml", "config:\n  small:locaton: x\n");
    const run = await project.runHere(["preview", "--stack", "prod"]);
    expect(run.exitCode).toBe(2);
    expect(run.errors).toContain(
      'Pulumi.prod.yaml:2:3 config.small:locaton: unknown key "small:locaton"; did you mean "small:location"?',
    );
    expect(run.errors).toContain("It is required");
  });

  it("problems that the program finds in its own files end with 2", async () => {
    project.write(
      "index.ts",
      'throw new Error("2 problems in the inventory:\\n  sites.yaml:3:5 sites[0].zone: no such zone");\n',
    );
    const run = await project.runHere(["preview"]);
    expect(run.exitCode).toBe(2);
    expect(run.output).toContain("sites.yaml:3:5 sites[0].zone: no such zone");
  });

  it("stray arguments end with 2 and show the line that was meant", async () => {
    const run = await project.runHere(["destroy", "dev"]);
    expect(run.exitCode).toBe(2);
    expect(run.errors).toContain("npm run destroy -- --stack dev");
  });
});

describe("a program that goes on after its end", () => {
  const program = (late: string) => `import { RandomPet } from "@pulumi/random/randomPet";
setTimeout(() => { ${late} }, 300);
`;

  it("has what it makes then, in every run, as the language host waits for it", async () => {
    project.write("index.ts", program('new RandomPet("late", {});'));
    const first = await project.run(["up", "--yes", "--skip-preview"]);
    expect(first.output).toContain("2 created");
    const second = await project.run(["up", "--yes"]);
    expect(second.output).toContain("unchanged: 2 unchanged");
  });

  it("is left after a while when it keeps a server open, which is said", async () => {
    const serving = 'require("node:net").createServer().listen(0, "127.0.0.1");';
    project.write("index.ts", program(serving));
    const run = await project.run(["up", "--yes", "--skip-preview"]);
    expect(run.exitCode).toBe(0);
    expect(run.output).toContain("what it started still runs: TCPServerWrap");
  });

  it("is not taken for one whose input stays open: standard input may be a pipe, and parts of the SDK open it", async () => {
    project.write("index.ts", "void process.stdin;");
    const { exitCode, output } = start("pipe");
    expect(await exitCode).toBe(0);
    expect(output()).not.toContain("still runs");
  });

  it("fails when it throws then, and nothing is deleted", async () => {
    await up();
    project.write("index.ts", program('throw new Error("a late error");'));
    const failed = await project.run(["up", "--yes", "--skip-preview"]);
    expect(failed.exitCode).toBe(1);
    expect(failed.output).toContain("a late error");
    expect(failed.output).not.toContain("deleted");
  });
});

describe("bad luck", () => {
  it("a wrong passphrase ends with 3 and changes nothing", async () => {
    await up();
    const before = readFileSync(statePath(), "utf8");
    const run = await up({ PULUMI_CONFIG_PASSPHRASE: "another", SKU: "Standard_GRS" });
    expect(run.exitCode).toBe(3);
    expect(run.errors).toContain("incorrect passphrase");
    expect(readFileSync(statePath(), "utf8")).toBe(before);
  });

  it("a state that is damaged, or of a newer version, ends with 1 and is left alone", async () => {
    await up();
    writeFileSync(statePath(), "{ not json");
    const damaged = await up();
    expect([damaged.exitCode, damaged.errors]).toEqual([1, expect.stringContaining("the state is not JSON")]);
    writeFileSync(statePath(), JSON.stringify({ version: 4, deployment: {} }));
    const newer = await up();
    expect([newer.exitCode, newer.errors]).toEqual([1, expect.stringContaining("written by a newer program")]);
    expect(state().version).toBe(4);
  });

  it("a place that cannot be written ends with 1 and names it", async () => {
    project.write("taken", "a file where a directory should be");
    const run = await up({ SANDBOX_DIRECTORY: "taken" });
    expect(run.exitCode).toBe(1);
    expect(run.errors).toContain(join(project.directory, "taken"));
  });

  it("a second run at the same time ends with 1 and names the first", async () => {
    const first = slowUp();
    await first.started;
    const second = await up();
    first.interrupt();
    expect(second.exitCode).toBe(1);
    expect(second.errors).toMatch(/the stack dev is currently locked by up, by .*pid/);
    expect(await first.exitCode).toBe(8);
  });

  it("an interrupt ends with 8, keeps what is done and leaves nothing locked", async () => {
    const run = slowUp();
    await run.started;
    run.interrupt();
    expect(await run.exitCode).toBe(8);
    expect(run.output()).toMatch(
      / · cancelled by you; what had begun is finished and saved, exit code 8; run it again:\n {4}npm run up -- --stack dev --cwd \S+ --yes --skip-preview\n$/,
    );
    const types = state().deployment.resources.map((resource: { type: string }) => resource.type);
    expect(types).toContain("random:index/randomPet:RandomPet");
    project.write("index.ts", 'export const done = "yes";\n');
    expect((await up()).exitCode).toBe(0);
  });

  it("a process killed in the middle of a create is made good by the next run", async () => {
    const faults = { effect: "kill", type: "azure-native:storage:StorageAccount", operation: "create", when: "after" };
    project.write("faults.json", JSON.stringify({ faults: [faults] }));
    const faulty = { SANDBOX_FAULTS: join(project.directory, "faults.json") };
    const killed = await project.run(["up", "--yes", "--skip-preview"], faulty);
    expect(killed.exitCode).toBe(null);
    const again = await up();
    expect(again.exitCode).toBe(0);
    expect((await project.runHere(["up", "--yes"])).output).toContain("unchanged: 4 unchanged");
  });
});

/** An `up` that has made one resource and now waits. */
function slowUp() {
  project.write(
    "index.ts",
    `import { RandomPet } from "@pulumi/random/randomPet";
export = async () => {
  const pet = new RandomPet("pet", { length: 2 });
  await new Promise((resolve) => pet.id.apply(resolve));
  await new Promise((resolve) => setTimeout(resolve, 30_000));
};
`,
  );
  const { child, ...run } = start("ignore");
  const made = async (): Promise<void> => {
    while (!run.output().includes("pet created")) await wait(50);
  };
  return { ...run, started: made(), interrupt: () => child.kill("SIGINT") };
}

function start(input: "ignore" | "pipe") {
  const args = [join(repository, "cli/run.mjs"), "up", "--yes", "--skip-preview", "--cwd", project.directory];
  const { CI: _ci, ...environment } = process.env;
  const child = spawn(process.execPath, args, { env: environment, stdio: [input, "pipe", "inherit"] });
  let output = "";
  child.stdout?.on("data", (text) => {
    output += text;
  });
  const exitCode = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { child, exitCode, output: () => output };
}
