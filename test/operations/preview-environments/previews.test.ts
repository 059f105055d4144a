import { describe, expect, it } from "vitest";
import { findPreviews, judgePreview } from "../../../operations/preview-environments/find-previews";
import {
  findAbandonedGroups,
  labelOf,
  type PreviewCandidate,
  previewStack,
} from "../../../operations/preview-environments/preview-environment";
import { lastDay, previewConfiguration } from "../../../operations/preview-environments/preview-stack-file";
import { findStack, pullRequestOf, stackDefinition } from "../../../stacks/registry";

const today = "2026-06-15";
const tags = { Project: "alai", PullRequest: "12", Environment: "pr-12", ExpiresAt: "2026-06-20" };
const groupId = (name: string) => `/subscriptions/s-9/resourceGroups/${name}`;

const resource = (type: string, id: string, more: object = {}) => ({
  urn: `urn:pulumi:pr-12::landscape::${type}::${id}`,
  ...{ type, id, custom: true, ...more },
});
const group = (name: string, groupTags: object = tags) =>
  resource("azure-native:resources:ResourceGroup", groupId(name), { outputs: { tags: groupTags } });
const server = (groupName: string) =>
  resource("azure-native:app:ContainerApp", `${groupId(groupName)}/providers/Microsoft.App/containerApps/mc-api`);
const state = (...resources: object[]) => ({ version: 3, deployment: { resources } });

describe("the stack of a pull request", () => {
  it.each([
    ["pr-12", 12],
    ["pr-0", undefined],
    ["pr-012", undefined],
    ["pr-12a", undefined],
    ["dev-pr-12", undefined],
    ["kimberly-pr-12", 12],
    ["acme-pr-12", undefined],
    ["prod", undefined],
  ])("is known by its name: %s", (name, number) => {
    expect(pullRequestOf(name)).toBe(number);
  });

  it("is composed as every preview is; other names are those of the registry", () => {
    expect(stackDefinition("pr-12")).toMatchObject({ name: "pr-12", environment: "preview", readsFrom: [] });
    expect(findStack("prod")?.environment).toBe("prod");
    expect(findStack("preview")).toBeUndefined();
    expect(() => stackDefinition("preview")).toThrow(/pr-NUMBER/);
  });
});

describe("the template", () => {
  const text =
    '# about it\nconfig:\n  landscape:system: SYSTEM\n  landscape:environment: pr-NUMBER\n  landscape:expiresAt: "EXPIRY"\n';

  it("gets the system, the number and the last day", () => {
    const made = previewConfiguration(text, {
      system: "kimberly",
      pullRequest: 12,
      expiry: lastDay(new Date("2026-06-15T23:00:00Z")),
    });
    expect(made).toContain("landscape:system: kimberly\n  landscape:environment: pr-12\n");
    expect(made).toContain('landscape:expiresAt: "2026-06-22"\n');
    expect(made).not.toContain("about it");
  });

  it.each(["SYSTEM", "pr-NUMBER", "EXPIRY"])("without %s is refused", (place) => {
    const without = `# ${place}\n${text.replace(place, "x")}`;
    expect(() => previewConfiguration(without, { system: "alai", pullRequest: 12, expiry: today })).toThrow(
      `Pulumi.preview.yaml has no ${place}`,
    );
  });
});

describe("a label", () => {
  it("is a pull request, its environment and a day", () => {
    expect(labelOf(tags)).toEqual({ stack: "pr-12", group: "alai-pr-12", pullRequest: 12, expiresAt: "2026-06-20" });
    expect(labelOf({ ...tags, Project: "kimberly" })).toMatchObject({
      stack: "kimberly-pr-12",
      group: "kimberly-pr-12",
    });
  });

  it.each([
    ["no tags", undefined],
    ["none of them", { Environment: "dev", Project: "alai" }],
    ["no system", { ...tags, Project: undefined }],
    ["a system that has no previews", { ...tags, Project: "acme" }],
    ["no pull request", { ...tags, PullRequest: undefined }],
    ["a number that is none", { ...tags, PullRequest: "12; prod" }],
    ["another environment", { ...tags, Environment: "prod" }],
    ["the environment of another pull request", { ...tags, Environment: "pr-13" }],
    ["no day", { ...tags, ExpiresAt: undefined }],
    ["a day that is none", { ...tags, ExpiresAt: "soon" }],
  ])("is not read from %s", (_what, given) => {
    expect(labelOf(given)).toBeUndefined();
  });
});

describe("a stack", () => {
  const labelled = { stack: "pr-12", group: "alai-pr-12", pullRequest: 12, expiresAt: "2026-06-20" };

  it("carries its label when its groups do, and all that it owns is in them", () => {
    const found = previewStack("pr-12", state(group("alai-pr-12"), server("alai-pr-12")));
    expect(found).toMatchObject({ kind: "stack", label: labelled, groups: [groupId("alai-pr-12")] });
  });

  it.each([
    ["its group says nothing", state(group("alai-pr-12", {}))],
    ["its group is another's", state(group("alai-pr-12", { ...tags, PullRequest: "13", Environment: "pr-13" }))],
    ["one of its groups is not a preview's", state(group("alai-pr-12"), group("alai-dev", { Environment: "dev" }))],
    ["it owns something in another group", state(group("alai-pr-12"), server("alai-prod"))],
    ["another group begins like its own", state(group("alai-pr-1"), server("alai-pr-12"))],
    ["it has no group", state(server("alai-prod"))],
  ])("does not when %s", (_what, exported) => {
    expect(previewStack("pr-12", exported)?.label).toBeUndefined();
  });

  it("may read what is elsewhere", () => {
    const read = { ...server("alai-dev"), external: true };
    expect(previewStack("pr-12", state(group("alai-pr-12"), read))?.label).toEqual(labelled);
  });

  it("in which nothing is left is empty; one of another name is none", () => {
    expect(previewStack("pr-12", state())).toMatchObject({ kind: "empty-stack", label: undefined });
    expect(previewStack("prod", state(group("alai-pr-12")))).toBeUndefined();
  });
});

describe("a group without a stack", () => {
  const listed = (name: string, given: unknown = tags) => ({ id: groupId(name), name, tags: given });

  it("is found by its tags and its name, unless its stack is there", () => {
    expect(findAbandonedGroups([listed("alai-pr-12")], ["prod"])).toMatchObject([
      { name: "pr-12", kind: "resource-group" },
    ]);
    expect(findAbandonedGroups([listed("alai-pr-12")], ["pr-12"])).toEqual([]);
    const other = listed("kimberly-pr-12", { ...tags, Project: "kimberly" });
    expect(findAbandonedGroups([other], ["pr-12"])).toMatchObject([{ name: "kimberly-pr-12", groups: [other.id] }]);
    expect(findAbandonedGroups([other], ["kimberly-pr-12"])).toEqual([]);
  });

  it.each([
    ["prod's", listed("alai-prod", { Environment: "prod", ManagedBy: "pulumi" })],
    ["dev's with a last day", listed("alai-dev", { Environment: "dev", ExpiresAt: "2020-01-01" })],
    ["one whose tags were copied", listed("alai-prod")],
    ["an untagged one of that name", listed("alai-pr-12", {})],
    ["one with half the name", listed("alai-pr-1")],
    ["another system's", listed("kimberly-pr-12")],
  ])("%s is left alone", (_what, found) => {
    expect(findAbandonedGroups([found], [])).toEqual([]);
  });
});

describe("what becomes of it", () => {
  const candidate: PreviewCandidate = {
    ...{ name: "pr-12", kind: "stack", pullRequest: 12, groups: [] },
    label: { stack: "pr-12", group: "alai-pr-12", pullRequest: 12, expiresAt: today },
  };
  const untagged = { ...candidate, label: undefined };
  const empty: PreviewCandidate = { ...untagged, kind: "empty-stack" };

  it.each([
    ["open, on its last day", candidate, "open", today, "keep"],
    ["open, a day later", candidate, "open", "2026-06-16", "reap"],
    ["closed", candidate, "closed", today, "reap"],
    ["without the label", candidate, "unlabelled", today, "reap"],
    ["nobody knows", candidate, "unknown", today, "keep"],
    ["nobody knows, a day later", candidate, "unknown", "2026-06-16", "reap"],
    ["not tagged, and closed", untagged, "closed", "2027-01-01", "leave"],
    ["empty, and closed", empty, "closed", today, "reap"],
    ["empty, and open", empty, "open", "2027-01-01", "keep"],
  ] as const)("%s", (_what, given, pullRequest, day, action) => {
    expect(judgePreview(given, pullRequest, day).action).toBe(action);
  });

  it("is decided without a look into the state of any other stack", async () => {
    const looked: string[] = [];
    const verdicts = await findPreviews({
      stacks: ["bootstrap", "dev", "pr-12", "pr-x", "prod"],
      exportedState: async (stack) => {
        looked.push(stack);
        return state(group("alai-pr-12"));
      },
      groups: { list: async () => [{ id: groupId("alai-prod"), name: "alai-prod", tags: { Environment: "prod" } }] },
      pullRequest: async () => "closed",
      unread: () => undefined,
      today,
    });
    expect(looked).toEqual(["pr-12"]);
    expect(verdicts.map(({ candidate: { name }, action }) => [name, action])).toEqual([["pr-12", "reap"]]);
  });

  it("is decided without those whose state cannot be read, and without their groups", async () => {
    const unread: string[] = [];
    const verdicts = await findPreviews({
      stacks: ["pr-7", "pr-9", "pr-12"],
      exportedState: async (stack) => {
        if (stack === "pr-7") throw new Error("no stack named pr-7");
        return stack === "pr-9" ? {} : state(group("alai-pr-12"));
      },
      groups: {
        list: async () =>
          ["pr-7", "pr-9"].map((name) => ({
            ...{ id: groupId(`alai-${name}`), name: `alai-${name}` },
            tags: { ...tags, PullRequest: name.slice(3), Environment: name },
          })),
      },
      pullRequest: async () => "closed",
      unread: (stack, reason) => unread.push(`${stack}: ${reason}`),
      today,
    });
    expect(verdicts.map(({ candidate: { name }, action }) => [name, action])).toEqual([["pr-12", "reap"]]);
    expect(unread).toEqual(["pr-7: no stack named pr-7", expect.stringMatching(/^pr-9: .*holds no deployment/)]);
  });

  it("is not decided on half a list", async () => {
    const search = { stacks: ["pr-12"], exportedState: async () => state(), unread: () => undefined, today };
    const list = async () => Promise.reject(new Error("403"));
    const pullRequest = async () => "closed" as const;
    await expect(findPreviews({ ...search, groups: { list }, pullRequest })).rejects.toThrow("403");
  });
});
