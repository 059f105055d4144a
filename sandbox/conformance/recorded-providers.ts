import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { equalProperties, type PropertyMap, type PropertyValue, unknown } from "../../deployment/values/property-value";
import type { WrittenEvent } from "../engine/events/event-stream";
import type * as protocol from "../engine/provider";
import { ServiceError } from "../engine/provider";

/** Changes of these force a replacement. */
const replacing = new Set(["location", "accountName", "containerName", "zoneId", "resourceGroupName"]);

const noDifference: protocol.DiffResult = {
  changes: "none",
  diffs: [],
  replaces: [],
  stables: [],
  deleteBeforeReplace: false,
  detailedDiff: undefined,
};

/** The provider that the first series was recorded with. `DRIFT` and `GONE` in the environment steer what it reads. */
export class FirstProvider implements protocol.Provider {
  readonly acceptsSecrets = true;

  constructor(readonly packageName: string) {}

  async checkConfig({ inputs }: protocol.CheckConfigRequest): Promise<protocol.CheckResult> {
    return { inputs, failures: [] };
  }

  async diffConfig(): Promise<protocol.DiffResult> {
    return noDifference;
  }

  async configure(): Promise<void> {}

  async check({ inputs }: protocol.CheckRequest): Promise<protocol.CheckResult> {
    return { inputs, failures: [] };
  }

  async diff({ inputs, oldInputs }: protocol.DiffRequest): Promise<protocol.DiffResult> {
    const diffs = differing(oldInputs, inputs);
    const replaces = diffs.filter((key) => replacing.has(key));
    return { ...noDifference, changes: diffs.length > 0 ? "some" : "none", diffs, replaces };
  }

  async create({ name, inputs, preview }: protocol.CreateRequest): Promise<protocol.CreateResult> {
    return { id: preview ? "" : newId(), outputs: { ...inputs, name: inputs.name ?? name } };
  }

  async read({ id, name, inputs, outputs }: protocol.ReadRequest): Promise<protocol.ReadResult | undefined> {
    if (process.env.GONE === name) return undefined;
    const drift: PropertyMap = process.env.DRIFT === "1" && name === "account" ? { enableHttpsTrafficOnly: false } : {};
    return { id, inputs: { ...inputs, ...drift }, outputs: { ...outputs, ...drift } };
  }

  async update({ name, inputs }: protocol.UpdateRequest): Promise<PropertyMap> {
    return { ...inputs, name: inputs.name ?? name };
  }

  async delete(_request: protocol.DeleteRequest): Promise<void> {}

  async invoke({ token }: protocol.InvokeRequest): Promise<protocol.InvokeResult> {
    throw new Error(`unexpected call of ${token}`);
  }
}

/** The provider that the second series was recorded with. `FAIL` in the environment names a resource whose change fails. */
export class SecondProvider implements protocol.Provider {
  readonly acceptsSecrets = true;

  /** @param whileCreating called with each resource's name as it is created, for the run that is killed */
  constructor(
    readonly packageName: string,
    private readonly whileCreating: (name: string) => Promise<void> = async () => {},
  ) {}

  async checkConfig({ inputs }: protocol.CheckConfigRequest): Promise<protocol.CheckResult> {
    return { inputs, failures: [] };
  }

  async diffConfig(): Promise<protocol.DiffResult> {
    return noDifference;
  }

  async configure(): Promise<void> {}

  async check({ inputs }: protocol.CheckRequest): Promise<protocol.CheckResult> {
    const reason = "expected one of Storage, StorageV2, BlobStorage";
    return { inputs, failures: inputs.kind === "Nonsense" ? [{ property: "kind", reason }] : [] };
  }

  async diff({ inputs, oldInputs }: protocol.DiffRequest): Promise<protocol.DiffResult> {
    const diffs = differing(oldInputs, inputs);
    const replaces = diffs.filter((key) => replacing.has(key));
    return {
      changes: diffs.length > 0 ? "some" : "none",
      diffs,
      replaces,
      stables: [],
      deleteBeforeReplace: this.isAzure && replaces.length > 0,
      detailedDiff: Object.fromEntries(diffs.map((key) => [key, propertyDiff(key, oldInputs[key], inputs[key])])),
    };
  }

  async create({ name, inputs, preview }: protocol.CreateRequest): Promise<protocol.CreateResult> {
    if (!preview) {
      await this.whileCreating(name);
      if (process.env.FAIL === name) throw failure("InternalServerError", `creating ${name} failed on purpose`);
    }
    return { id: preview ? "" : newId(), outputs: this.outputs(name, inputs, preview) };
  }

  async read({ id, inputs, outputs }: protocol.ReadRequest): Promise<protocol.ReadResult | undefined> {
    if (id.startsWith("missing")) return undefined;
    const existing = existingObjects[id];
    return existing === undefined ? { id, inputs, outputs } : { id, ...existing };
  }

  async update({ name, inputs, preview }: protocol.UpdateRequest): Promise<PropertyMap> {
    if (!preview && process.env.FAIL === name) throw failure("Conflict", `updating ${name} failed on purpose`);
    return this.outputs(name, inputs, preview);
  }

  async delete({ name }: protocol.DeleteRequest): Promise<void> {
    if (process.env.FAIL === name) throw failure("ScopeLocked", "deleting failed on purpose");
  }

  async invoke({ token }: protocol.InvokeRequest): Promise<protocol.InvokeResult> {
    if (token !== "cloudflare:index/getZone:getZone") throw new Error(`unexpected call of ${token}`);
    return { result: { id: "zone-a", name: "example.com" }, failures: [] };
  }

  private get isAzure(): boolean {
    return this.packageName === "azure-native";
  }

  private outputs(logicalName: string, inputs: PropertyMap, preview: boolean): PropertyMap {
    const name = inputs.name ?? inputs.accountName ?? inputs.resourceGroupName ?? logicalName;
    const endpoint = preview ? unknown : `https://${String(name)}.example`;
    return { ...inputs, name, ...(this.isAzure ? { primaryEndpoint: endpoint } : {}) };
  }
}

const account: PropertyMap = {
  accountName: "existing",
  kind: "StorageV2",
  location: "swedencentral",
  resourceGroupName: "group",
  sku: { name: "Standard_LRS" },
};

const record: PropertyMap = {
  content: "old.pages.dev",
  name: "existing",
  proxied: true,
  ttl: 1,
  type: "CNAME",
  zoneId: "zone-a",
};

const existingObjects: Readonly<Record<string, { inputs: PropertyMap; outputs: PropertyMap }>> = {
  "existing-account": {
    inputs: account,
    outputs: { ...account, name: "existing", primaryEndpoint: "https://existing.example" },
  },
  "existing-zone-record": { inputs: record, outputs: record },
};

function differing(old: PropertyMap, next: PropertyMap): string[] {
  const keys = new Set([...Object.keys(old), ...Object.keys(next)]);
  return [...keys].filter((key) => !equalProperties(old[key], next[key])).sort();
}

function propertyDiff(
  key: string,
  old: PropertyValue | undefined,
  next: PropertyValue | undefined,
): protocol.PropertyDiff {
  const kind = old === undefined ? "add" : next === undefined ? "delete" : "update";
  return { kind: replacing.has(key) ? `${kind}-replace` : kind, inputDiff: true };
}

function newId(): string {
  return `id-${randomBytes(4).toString("hex")}`;
}

/** An error whose text is the service's answer as the recordings show it, without a status. */
function failure(code: string, message: string): Error {
  const error = new ServiceError(code, message, 409);
  error.message = `Code="${code}" Message="${message}"`;
  return error;
}

export const fixtures = join(__dirname, "..", "..", "test", "fixtures", "real-engine");

/** A series of recorded runs, in the order in which they were made. */
export interface Series {
  readonly folder: string;
  /** The program they run. */
  readonly program: string;
  readonly project: string;
}

export const series: readonly Series[] = [
  { folder: "recordings", program: "program", project: "conformance" },
  { folder: "recordings-2", program: "program-2", project: "conformance2" },
];

/** One run of the real engine: what was asked, what was told, what was left. */
export interface Recording {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: string;
  readonly flags: ReadonlyMap<string, string>;
  readonly stack: string;
  readonly exit: number;
  readonly events: readonly WrittenEvent[];
  readonly state: string;
}

export function recordingsOf({ folder }: Series): Recording[] {
  const root = join(fixtures, folder);
  return readdirSync(root)
    .sort()
    .map((name) => readRecording(join(root, name), `${folder}/${name}`));
}

function readRecording(path: string, name: string): Recording {
  const words = readFileSync(join(path, "command"), "utf8").trim().split(/\s+/);
  const programAt = words.indexOf("pulumi");
  const environment = Object.fromEntries(words.slice(0, programAt).map((word) => splitAt(word, "=")));
  const flags = flagsOf(words.slice(programAt + 2));
  const eventsFile = join(path, "events.jsonl");
  const lines = existsSync(eventsFile) ? readFileSync(eventsFile, "utf8").trim().split("\n") : [];
  return {
    name,
    environment,
    command: (words[programAt + 1] ?? "").replace(",", ""),
    flags,
    stack: flags.get("stack") ?? "dev",
    exit: Number(readFileSync(join(path, "exit"), "utf8")),
    events: lines.filter((line) => line !== "").map((line) => JSON.parse(line)),
    state: readFileSync(join(path, "state.json"), "utf8"),
  };
}

function flagsOf(words: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  for (const [index, word] of words.entries()) {
    if (!word.startsWith("--")) continue;
    const [name, value] = splitAt(word.slice(2), "=");
    const next = words[index + 1];
    flags.set(name, value !== "" ? value : next !== undefined && !next.startsWith("--") ? next : "true");
  }
  return flags;
}

function splitAt(word: string, separator: string): [string, string] {
  const at = word.indexOf(separator);
  return at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
}
