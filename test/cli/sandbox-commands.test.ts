import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ends } from "./run-command";
import { type SmallProject, smallProject } from "./small-project";

// One project, one command after the other: each test begins where the one before ended.
let project: SmallProject;
beforeAll(() => {
  project = smallProject();
});
afterAll(() => project.remove());

function filesBelow(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

const destroy = ["destroy", "--stack", "dev"];

const stateFile = () => join(project.directory, ".sandbox/state/small/dev.json");

interface StoredResource {
  readonly urn: string;
  protect?: boolean;
}

function storedState(): { readonly deployment: { readonly resources: readonly StoredResource[] } } {
  return JSON.parse(readFileSync(stateFile(), "utf8"));
}

/** What the state protects, in its order. */
async function guardedUrns(): Promise<readonly string[]> {
  return storedState()
    .deployment.resources.filter(({ protect }) => protect === true)
    .map(({ urn }) => urn);
}

/** Changes the state behind the commands' back. */
function edit(change: (resource: StoredResource) => void): void {
  const state = storedState();
  for (const resource of state.deployment.resources) change(resource);
  writeFileSync(stateFile(), JSON.stringify(state));
}

describe("a project that wants another version of Pulumi", () => {
  it("is refused at its line", async () => {
    const other = smallProject();
    const manifest = readFileSync(join(other.directory, "Pulumi.yaml"), "utf8");
    other.write("Pulumi.yaml", `${manifest}requiredPulumiVersion: ">=99.0.0"\n`);
    const run = await other.runHere(["preview", "--stack", "dev"]);
    other.remove();
    expect(run.exitCode).toBe(2);
    expect(run.errors).toMatch(
      /Pulumi\.yaml:10:1 requiredPulumiVersion: .* does not satisfy the version range ">=99.0.0"/,
    );
  });
});

describe("a small project's life on the sandbox", () => {
  it("begins with a preview that changes nothing", async () => {
    const run = await project.runHere(["preview", "--stack", "dev", "--diff"]);
    expect(run.exitCode).toBe(0);
    expect(ends(run.output)).toEqual([
      "preview · stack dev · engine sandbox",
      "preview · stack dev · engine sandbox · previewed: 4 to create",
    ]);
    expect(run.output).toContain("accountName: [unknown]");
    expect((await project.runHere(["outputs", "--stack", "dev"])).exitCode).toBe(6);
  });

  it("has nothing to compare before it is deployed, which one line says", async () => {
    const run = await project.runHere(["drift", "--stack", "dev"]);
    expect(run.exitCode).toBe(6);
    expect(run.errors).toBe('error: stack "dev" was never deployed. First: npm start -- --stack dev\n');
    expect(run.output.trimEnd().split("\n")).toHaveLength(2);
  });

  it("is not applied without a yes when nobody can be asked, which is said before the preview", async () => {
    const run = await project.runHere(["up"]);
    expect(run.exitCode).toBe(2);
    expect(run.output).not.toContain("to create");
    expect(run.errors).toContain(`npm run up -- --stack dev --cwd ${project.directory} --yes`);
    expect((await project.runHere(["outputs"])).exitCode).toBe(6);
  });

  it("is applied with --json: nothing but events, whose counts are the summary's", async () => {
    const run = await project.runHere(["up", "--stack", "dev", "--json"]);
    expect(run.exitCode).toBe(0);
    const events = run.output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.every((event) => typeof event.sequence === "number" && typeof event.timestamp === "number")).toBe(
      true,
    );
    const summaries = events.flatMap((event) => (event.summaryEvent ? [event.summaryEvent] : []));
    expect(summaries.map((summary) => [summary.isPreview, summary.resourceChanges])).toEqual([
      [true, { create: 4 }],
      [false, { create: 4 }],
    ]);
    expect(ends(run.errors)[1]).toBe("up · stack dev · engine sandbox · done: 4 created");
  });

  it("is unchanged the second time", async () => {
    const run = await project.runHere(["up", "--yes"]);
    expect(run.exitCode).toBe(0);
    expect(ends(run.output)[1]).toBe("up · stack dev · engine sandbox · unchanged: 4 unchanged");
    expect((await project.runHere(["preview", "--expect-no-changes"])).exitCode).toBe(0);
  });

  it("is not previewed for an up while another operation holds its lock", async () => {
    const lock = join(project.directory, ".sandbox/state/small/dev.lock");
    writeFileSync(
      lock,
      JSON.stringify({ pid: 1, host: "elsewhere", started: "", user: "u", purpose: "up", since: "2026-01-01" }),
    );
    try {
      for (const command of ["up", "refresh", "destroy"]) {
        const run = await project.runHere([command, "--stack", "dev", "--yes"], { SKU: "Standard_GRS" });
        expect(run.exitCode, command).toBe(1);
        expect(run.errors).toContain("currently locked by up, by u@elsewhere");
        expect(run.output, command).not.toContain("Resources:");
      }
    } finally {
      rmSync(lock);
    }
  });

  it("is not changed where changes would be unexpected and nobody looks first", async () => {
    for (const command of ["up", "refresh"]) {
      const args = [command, "--stack", "dev", "--yes", "--skip-preview", "--expect-no-changes"];
      const run = await project.runHere(args, { SKU: "Standard_GRS" });
      expect(run.exitCode).toBe(2);
      expect(run.errors).toContain("leave --skip-preview out");
    }
  });

  it("has outputs, secrets by name only unless asked for", async () => {
    const run = await project.runHere(["outputs", "--json"]);
    expect(JSON.parse(run.output)).toMatchObject({ accountName: "smallaccount", owner: "[secret]" });
    const shown = await project.runHere(["outputs", "--json", "--show-secrets"]);
    expect(JSON.parse(shown.output)).toMatchObject({ owner: "canary-owner" });
  });

  it("keeps no secret in clear text on disk", () => {
    const files = filesBelow(join(project.directory, ".sandbox"));
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) expect(readFileSync(file, "utf8")).not.toContain("canary-owner");
  });

  it("ends with 7 when changes come unexpected, and shows no secret in the difference", async () => {
    const run = await project.runHere(["preview", "--expect-no-changes", "--diff"], { SKU: "Standard_GRS" });
    expect(run.exitCode).toBe(7);
    expect(run.output).toContain('~ name: "Standard_LRS" => "Standard_GRS"');
    expect(run.output + run.errors).not.toContain("canary-owner");
  });

  it("puts the replacement of what holds data first", async () => {
    const run = await project.runHere(["preview"], { ACCOUNT: "otheraccount" });
    expect(run.output.split("\n")[1]).toContain("1 STATEFUL RESOURCE TO BE REPLACED OR DELETED");
    expect(run.output).toContain("forced by accountName");
  });

  it("ends with 1 when the program throws and with 4 when a service refuses", async () => {
    const thrown = await project.runHere(["up", "--yes"], { THROWS: "1" });
    expect(thrown.exitCode).toBe(1);
    expect(thrown.output).toContain("the program failed on purpose");
    const refused = await project.runHere(["up", "--yes"], { ACCOUNT: "NOT-A-NAME" });
    expect(refused.exitCode).toBe(4);
    expect(ends(refused.output)[1]).toContain("nothing was applied, exit code 4");
  });

  it("has no drift until something fails behind the program's back", async () => {
    const run = await project.runHere(["drift"]);
    expect(ends(run.output)[1]).toBe("drift · stack dev · engine sandbox · no drift");
    const changed = await project.runHere(["drift"], { SKU: "Standard_GRS" });
    expect(changed.exitCode).toBe(7);
    expect(changed.output).toContain("program and state differ  azure-native:storage:StorageAccount account");
    expect(changed.output).toContain('sku.name: "Standard_LRS" => "Standard_GRS"');
    expect(changed.output).toMatch(/revert: put index\.ts:\d+ back to what is deployed/);
    const json = await project.runHere(["drift", "--json"], { SKU: "Standard_GRS" });
    expect(JSON.parse(json.output)).toMatchObject({ stack: "dev", findings: [{ kind: "outdated", name: "account" }] });
  });

  it("protects what it is told to, and destroys only with --unprotect", async () => {
    expect((await project.runHere(["up", "--yes"], { PROTECT: "1" })).exitCode).toBe(0);
    const refused = await project.runHere(["destroy", "--stack", "dev", "--yes"]);
    expect(refused.exitCode).toBe(5);
    expect(refused.output).toContain("azcopy copy");
    expect(refused.output).toContain("npm run destroy -- --stack dev --cwd");
  });

  it("keeps all protection when a destroy of targets cannot go, is not confirmed, or is refused", async () => {
    const [group = "", account = ""] = await guardedUrns();
    expect([group, account]).toEqual([
      "urn:pulumi:dev::small::azure-native:resources:ResourceGroup::group",
      "urn:pulumi:dev::small::azure-native:storage:StorageAccount::account",
    ]);
    const dependents = await project.runHere([...destroy, "--target", group, "--unprotect", "--yes"]);
    expect(dependents.exitCode).toBe(4);
    expect(dependents.output).toContain("not specified in --target list");
    expect(ends(dependents.output)[1]).toContain("nothing was deleted and everything keeps its protection");
    expect(await guardedUrns()).toEqual([group, account]);

    const unasked = await project.runHere([...destroy, "--target", account, "--unprotect"]);
    expect(unasked.exitCode).toBe(2);
    expect(unasked.errors).toContain(`--target ${account} --unprotect --yes`);
    expect(await guardedUrns()).toEqual([group, account]);

    const refused = await project.runHere([...destroy, "--target", account, "--yes"]);
    expect(refused.exitCode).toBe(5);
    expect(refused.output).not.toContain("ResourceGroup group");
    expect(await guardedUrns()).toEqual([group, account]);
  });

  it("loses the protection of nothing but what dies, also where that fails", async () => {
    const [group = "", account = ""] = await guardedUrns();
    const faults = join(project.directory, "faults.yaml");
    writeFileSync(
      faults,
      "faults:\n  - { effect: fail, type: azure-native:storage:StorageAccount, operation: delete }\n",
    );
    const failed = await project.runHere([...destroy, "--target", account, "--unprotect", "--yes"], {
      SANDBOX_FAULTS: faults,
    });
    expect(failed.exitCode).toBe(4);
    expect(await guardedUrns()).toEqual([group, account]);

    const gone = await project.runHere([...destroy, "--target", account, "--unprotect", "--yes"]);
    expect(gone.exitCode).toBe(0);
    expect(gone.output).toContain("1 protected resource among what is deleted");
    expect(await guardedUrns()).toEqual([group]);
  });

  it("shows, reports and refuses protection that is lost", async () => {
    expect((await project.runHere(["up", "--yes"], { PROTECT: "1" })).exitCode).toBe(0);
    // As `pulumi state unprotect` leaves it, or a killed destroy.
    edit((resource) => delete resource.protect);
    const preview = await project.runHere(["preview"], { PROTECT: "1" });
    expect(preview.output).toMatch(/StorageAccount +account +.*protect: false => true/);
    expect((await project.runHere(["preview", "--expect-no-changes"], { PROTECT: "1" })).exitCode).toBe(7);
    const drift = await project.runHere(["drift"], { PROTECT: "1" });
    expect(drift.exitCode).toBe(7);
    expect(drift.output).toContain("protect: false => true");

    expect((await project.runHere(["up", "--yes"], { PROTECT: "1" })).exitCode).toBe(0);
    expect(await guardedUrns()).toHaveLength(2);
    const loosened = await project.runHere(["up", "--yes"]);
    expect(loosened.exitCode).toBe(5);
    expect(loosened.output).toMatch(/StorageAccount +account +.*protect: true => false/);
    expect(loosened.output).toContain("protect is taken away");
    expect(await guardedUrns()).toHaveLength(2);
  });

  it("is destroyed with --unprotect", async () => {
    const forced = await project.runHere(["destroy", "--stack", "dev", "--yes", "--unprotect"]);
    expect(forced.exitCode).toBe(0);
    expect(ends(forced.output)[1]).toBe("destroy · stack dev · engine sandbox · destroyed: 4 deleted");
  });
});
