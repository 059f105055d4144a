import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeFolder } from "../../../programs/host/agents/tidy/aside-folders";
import { isDue } from "../../../programs/host/agents/tidy/tidy-agent";
import { readTidy, writeTidy } from "../../../programs/host/agents/tidy/tidy-file";
import { day } from "./stored-terms";
import { daysAgo, TidyHost } from "./tidy-host";

let host: TidyHost;

beforeEach(async () => {
  host = await new TidyHost().start();
});

afterEach(() => host.stop());

describe("what was set aside", () => {
  const name = "term-1-20260101T000000Z";
  const folder = (): string => join(host.root, "aside", name);

  beforeEach(() => {
    for (const term of [1, 2])
      for (const path of [...host.left(term, "costs"), ...host.left(term, "tasks")]) host.blobs.blobs.delete(path);
    host.role({ role: "standby" });
    mkdirSync(join(folder(), ".tasks.db-litestream", "ltx"), { recursive: true });
    for (const file of ["tasks.db", "tasks.db-wal"]) writeFileSync(join(folder(), file), "rows");
    report("none");
    seen(15);
  });

  function report(unsent: string, databases: object = { tasks: { unsent } }): void {
    writeFileSync(join(folder(), "report.json"), JSON.stringify({ term: 1, at: daysAgo(99).toISOString(), databases }));
  }

  function seen(days: number): void {
    writeTidy(host.root, {
      at: daysAgo(1).toISOString(),
      done: true,
      asideSeen: { [name]: daysAgo(days).toISOString() },
    });
  }

  it("goes from a host of either role when all of it was sent, for so many days", async () => {
    seen(13);
    await host.run();
    expect(readdirSync(folder())).toHaveLength(4);
    seen(15);
    await host.run();
    expect(existsSync(folder())).toBe(false);
    expect(readTidy(host.root)?.asideSeen).toEqual({});
    expect(host.said.at(-1)).toBe(`removed aside/${name}: nothing of it was unsent, for 14 days`);
  });

  it("is first seen today, however old it says it is", async () => {
    rmSync(join(host.root, "state", "tidy.json"));
    await host.run();
    expect(existsSync(folder())).toBe(true);
    expect(Date.now() - Date.parse(readTidy(host.root)?.asideSeen[name] ?? "")).toBeLessThan(60_000);
  });

  it.each([
    ["some of it was not sent", () => report("some")],
    ["nobody knows", () => report("unknown")],
    ["its report is gone", () => rmSync(join(folder(), "report.json"))],
    ["its report is damaged", () => writeFileSync(join(folder(), "report.json"), '{"databases":')],
    ["its report does not name all that is there", () => writeFileSync(join(folder(), "costs.db"), "rows")],
    ["its report says something new", () => report("perhaps")],
    ["the host is in between two roles", () => host.role({ role: "demoting" })],
    ["the store does not say what time it is", () => host.blobs.stop()],
  ])("stays when %s", async (_what, change) => {
    change();
    await host.run();
    expect(readFileSync(join(folder(), "tasks.db"), "utf8")).toBe("rows");
  });

  it("is gone in the end when its removal was interrupted, and says until then that it may go", async () => {
    let left = 2;
    const interrupted = removeFolder(host.root, name, async (path, options) => {
      if (left-- <= 0) throw new Error("the machine stops");
      rmSync(path, options);
    });
    await expect(interrupted).rejects.toThrow("stops");
    expect(readdirSync(folder())).toContain("report.json");
    expect(readdirSync(folder()).length).toBeLessThan(4);
    await host.run();
    expect(existsSync(folder())).toBe(false);
  });

  it("that cannot be read keeps nobody from the store", async () => {
    rmSync(join(host.root, "aside"), { recursive: true });
    writeFileSync(join(host.root, "aside"), "");
    host.role();
    host.put(1, "tasks", 60);
    host.put(2, "tasks", 30);
    await host.run();
    expect(host.left(1, "tasks")).toHaveLength(0);
    expect(readTidy(host.root)?.done).toBe(false);
  });
});

describe("the tidy agent", () => {
  const now = Date.now();
  it.each([
    ["never before", undefined, true],
    ["23 hours ago", { at: new Date(now - 23 * 3_600_000).toISOString(), done: true }, false],
    ["a day ago", { at: new Date(now - day).toISOString(), done: true }, true],
    ["an hour ago, not to the end", { at: new Date(now - 3_600_000).toISOString(), done: false }, true],
    ["half an hour ago, not to the end", { at: new Date(now - 1_800_000).toISOString(), done: false }, false],
    ["in the future", { at: new Date(now + day).toISOString(), done: true }, true],
  ])("begins when it did %s: %s", (_when, last, expected) => {
    expect(isDue(last, now)).toBe(expected);
  });
});
