import { describe, expect, it } from "vitest";
import { isJsonObject, type JsonObject } from "../../../lib/json-value";
import { compareEvents, countProblems } from "../../../sandbox/conformance/compare-events";
import { compareStates, needsIn, openState } from "../../../sandbox/conformance/compare-state";
import { type Recording, recordingsOf, series } from "../../../sandbox/conformance/recorded-providers";

const recordings = series.flatMap(recordingsOf);

function recordingNamed(name: string): Recording {
  const found = recordings.find((recording) => recording.name === name);
  if (found === undefined) throw new Error(`no recording ${name}`);
  return found;
}

function plainEvents(recording: Recording): JsonObject[] {
  return recording.events.map((event) => JSON.parse(JSON.stringify(event)));
}

/** The problems found when what is replayed is the recording itself with one change. */
async function problemsAfter(name: string, change: (events: JsonObject[]) => JsonObject[]): Promise<string[]> {
  const recording = recordingNamed(name);
  const recorded = plainEvents(recording);
  const actual = change(plainEvents(recording));
  const needs = needsIn(await openState(recording.state, name));
  return compareEvents({ recorded, actual, anyOrder: recording.command === "refresh", needs });
}

function edited(event: JsonObject, find: string, replace: string): JsonObject {
  return JSON.parse(JSON.stringify(event).replace(find, replace));
}

const isOutputsOf = (urn: string) => (event: JsonObject) =>
  isJsonObject(event.resOutputsEvent) && JSON.stringify(event).includes(`"urn":"${urn}"`);

describe("the comparison of events", () => {
  it("finds a recording equal to itself", async () => {
    expect(await problemsAfter("recordings/02-create", (events) => events)).toEqual([]);
  });

  it("takes no notice of ids, times and numbers", async () => {
    const change = (events: JsonObject[]) =>
      events.map((event) => ({ ...edited(event, "id-eacc16b6", "id-00000000"), sequence: 7, timestamp: 8 }));
    expect(await problemsAfter("recordings/02-create", change)).toEqual([]);
  });

  it.each([
    ["an event is missing", (events: JsonObject[]) => events.filter((_event, index) => index !== 20)],
    [
      "an event comes twice",
      (events: JsonObject[]) => events.flatMap((event, index) => (index === 20 ? [event, event] : [event])),
    ],
    [
      "an operation differs",
      (events: JsonObject[]) => events.map((event) => edited(event, '"op":"create"', '"op":"update"')),
    ],
    [
      "an output differs",
      (events: JsonObject[]) => events.map((event) => edited(event, '"name":"account"', '"name":"other"')),
    ],
    [
      "a secret is shown",
      (events: JsonObject[]) => events.map((event) => edited(event, "[secret]", "canary-secret-value")),
    ],
    [
      "a provider differs",
      (events: JsonObject[]) => events.map((event) => edited(event, "cloudflare::edge::", "cloudflare::other::")),
    ],
    ["a flag is missing", (events: JsonObject[]) => events.map((event) => edited(event, '"protect":true,', ""))],
    [
      "a policy's message differs",
      (events: JsonObject[]) => events.map((event) => edited(event, "is named one", "is named two")),
    ],
    [
      "the summary differs",
      (events: JsonObject[]) => events.map((event) => edited(event, '"create":10', '"create":11')),
    ],
  ])("notices when %s", async (_what, change) => {
    expect(await problemsAfter("recordings/02-create", change)).not.toEqual([]);
  });

  it("notices when a detailed diff differs", async () => {
    const change = (events: JsonObject[]) => events.map((event) => edited(event, "update-replace", "update"));
    expect(await problemsAfter("recordings-2/35-cascade", change)).not.toEqual([]);
  });

  it("notices when something comes before what it needs", async () => {
    const stack = "urn:pulumi:dev::conformance";
    const change = (events: JsonObject[]) => {
      const group = events.findIndex(isOutputsOf(`${stack}::azure-native:resources:ResourceGroup::group`));
      const [moved] = events.splice(group, 1);
      const account = events.findIndex(isOutputsOf(`${stack}::azure-native:storage:StorageAccount::account`));
      return [...events.slice(0, account + 1), ...(moved === undefined ? [] : [moved]), ...events.slice(account + 1)];
    };
    expect(await problemsAfter("recordings/02-create", change)).not.toEqual([]);
  });

  it("lets independent resources come in another order", async () => {
    const stack = "urn:pulumi:dev::conformance";
    const change = (events: JsonObject[]) => {
      const pet = events.filter((event) =>
        JSON.stringify(event).includes(`"urn":"${stack}::random:index/randomPet:RandomPet::pet"`),
      );
      const rest = events.filter((event) => !pet.includes(event));
      const group = rest.findIndex(isOutputsOf(`${stack}::azure-native:resources:ResourceGroup::group`));
      return [...rest.slice(0, group + 1), ...pet, ...rest.slice(group + 1)];
    };
    expect(await problemsAfter("recordings/04-preview-expect-no-changes", change)).toEqual([]);
  });

  it("lets what a replacement left behind and what came after it be deleted in any order, and notices what is missing", () => {
    const told = ["delete", "delete-replaced"].map((op) => [
      { resourcePreEvent: { metadata: { op, urn: "urn:a" } } },
      { resOpFailedEvent: { metadata: { op, urn: "urn:a" } } },
    ]);
    const [recorded, actual] = [told.flat(), [...told].reverse().flat()];
    const compare = (events: JsonObject[]) =>
      compareEvents({ recorded, actual: events, anyOrder: false, needs: new Map() });
    expect(compare(actual)).toEqual([]);
    expect(compare(actual.slice(1))).not.toEqual([]);
  });

  it("notices when the failed resource of a run that was cut short differs", async () => {
    const change = (events: JsonObject[]) =>
      events.map((event) => edited(event, "creating second failed", "creating it failed"));
    expect(await problemsAfter("recordings-2/19-create-fails", change)).not.toEqual([]);
  });
});

describe("the counts in summaries", () => {
  it.each(
    recordings.filter(({ events }) => events.length > 0).map((recording) => [recording.name, recording] as const),
  )("follow from the events in %s", (_name, recording) => {
    expect(countProblems(plainEvents(recording))).toEqual([]);
  });
});

describe("the comparison of states", () => {
  const recording = recordingNamed("recordings/02-create");

  async function problemsOf(find: string, replace: string): Promise<string[]> {
    const text = recording.state.replace(find, replace);
    expect(find === "" || text !== recording.state).toBe(true);
    return compareStates(await openState(recording.state, "recorded"), await openState(text, "changed"));
  }

  it("finds a state equal to itself", async () => {
    expect(await problemsOf("", "")).toEqual([]);
  });

  it.each([
    ["a flag", '"protect": true,', ""],
    ["an option", '"retainOnDelete": true,', ""],
    ["an output", '"name": "account"', '"name": "other"'],
    ["an ignored property", '"minimumTlsVersion"\n    ]', '"kind"\n    ]'],
    ["a secret name", '"apiUserServiceKey"', '"other"'],
    ["the engine's version", '"version": "v3.260.0"', '"version": "v3.0.0"'],
    ["what it depends on", '"urn:pulumi:dev::conformance::random:index/randomPet:RandomPet::pet",\n     "urn', '"urn'],
  ])("notices when %s differs", async (_what, find, replace) => {
    expect(await problemsOf(find, replace)).not.toEqual([]);
  });

  it("notices when a secret differs, or is none", async () => {
    const other = recordingNamed("recordings/06-update").state;
    const opened = await openState(recording.state, "recorded");
    expect(compareStates(opened, await openState(other, "other"))).not.toEqual([]);
    const plain = JSON.parse(recording.state, (_key, value: unknown) =>
      typeof value === "object" && value !== null && "ciphertext" in value ? "canary" : value,
    );
    expect(compareStates(opened, await openState(JSON.stringify(plain), "plain"))).not.toEqual([]);
  });

  it("notices when something comes before what it needs", async () => {
    const document = JSON.parse(recording.state);
    document.deployment.resources.reverse();
    const [recorded, reversed] = [
      await openState(recording.state, "recorded"),
      await openState(JSON.stringify(document), "reversed"),
    ];
    expect(compareStates(recorded, reversed).join()).toContain("comes before");
  });
});
