import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { OperationLog } from "../../deployment/display/operation-log";
import { valueAt } from "../../lib/property-path";
import { type PlannedChange, plannedChanges } from "../../operations/guard/planned-change";
import { statefulGuard } from "../../operations/guard/stateful-guard";
import { copyProject } from "../../operations/project-copy";
import { writeSize } from "../../operations/rehearsed-stacks";
import { AlaiWorld, repositoryRoot, type StackRun } from "./alai-world";

const minutes = 60_000;

describe.each([
  { stack: "betterworld-prod", system: "betterworld", sizes: ["mvp", "growth", "scale"], disk: 128 },
  { stack: "kimberly-prod", system: "kimberly", sizes: ["free", "growth"], disk: 64 },
])("$stack", ({ stack, system, sizes, disk }) => {
  const project = mkdtempSync(join(tmpdir(), "sizes-"));
  copyProject(repositoryRoot, project);
  const world = new AlaiWorld(project);
  const smallest = sizes[0] ?? "";
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it(
    `goes up by a word, ${sizes.join(", ")}, and loses nothing`,
    async () => {
      for (const size of sizes) {
        writeSize(project, stack, size);
        const made = await world.deploy(stack);
        expect(statefulGuard(changesOf(made))).toEqual([]);
        if (size !== smallest) expect(resized(made)).toEqual(expect.arrayContaining(["Server", "ContainerApp"]));
      }
      expect(diskOf(changesOf(await world.preview(stack)))).toBe(disk);
    },
    5 * minutes,
  );

  it(
    "goes down without its disk, which stays as large as it is",
    async () => {
      writeSize(project, stack, smallest);
      const planned = await world.preview(stack);
      expect(planned.messages).toEqual([]);
      expect(statefulGuard(changesOf(planned))).toEqual([]);
      expect(diskOf(changesOf(planned))).toBe(disk);
      expect((await world.deploy(stack)).result).toBe("succeeded");
    },
    minutes,
  );

  it(
    "does not go down, and says what to do, where the disk is as large as the preset says",
    async () => {
      const file = join(project, "stacks", system, "inventory/environments.yaml");
      writeFileSync(file, readFileSync(file, "utf8").replace(/storageGb: \d+/g, "$&\n      autoGrow: false"));
      const { result, messages } = await world.preview(stack);
      expect(result).toBe("failed");
      expect(messages.join("\n")).toContain(
        `storageGb is 32, but the server's disk has ${disk} GB, and a disk never shrinks; say ${disk}`,
      );
    },
    minutes,
  );
});

function changesOf({ events }: StackRun): readonly PlannedChange[] {
  const log = new OperationLog();
  for (const event of events) log.record(event);
  return plannedChanges(log);
}

/** The types of what is changed in its place, in short. */
function resized(run: StackRun): readonly string[] {
  return changesOf(run).flatMap(({ what, type }) => (what === "update" ? (type.split(":").at(-1) ?? []) : []));
}

function diskOf(changes: readonly PlannedChange[]): unknown {
  const server = changes.find(({ type }) => type === "azure-native:dbforpostgresql:Server");
  return valueAt(server?.new?.inputs, ["storage", "storageSizeGB"]);
}
