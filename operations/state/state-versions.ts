import { z } from "zod";
import { isJsonObject } from "../../lib/json-value";
import { readDeployedResources } from "../drift/deployment-state";
import { type BackendFiles, backendFiles } from "./backend-files";

/** What a stack's state was after an operation. */
export interface StateVersion {
  /** What it is asked for by. */
  readonly id: string;
  /** When the operation ended: ISO 8601, UTC. */
  readonly at: string;
  /** As Pulumi calls the operation. @example "update" */
  readonly kind: string;
  /** @example "succeeded" */
  readonly result: string;
}

/** The earlier states of a stack. */
export interface StateVersions {
  /** The newest first. Empty for a stack that was never deployed. */
  list(): Promise<readonly StateVersion[]>;
  /** One of the list, as a Pulumi deployment with its secrets encrypted. */
  read(id: string): Promise<unknown>;
  /** Makes it the stack's state. What the state was stays among the versions. */
  restore(deployment: unknown): Promise<void>;
}

/** Source: pulumi/pulumi, pkg/backend/diy/state.go, `addToHistory`: a file of what was done, and beside it the state afterwards. */
const historySchema = z.object({ kind: z.string(), result: z.string(), endTime: z.number() });
const checkpointSchema = z.object({ version: z.number(), checkpoint: z.object({ latest: z.unknown() }) });

/** The history that Pulumi keeps beside the states in a storage account or a directory. */
export class BackendVersions implements StateVersions {
  /** @param importState makes a deployment the stack's state */
  constructor(
    private readonly url: () => Promise<string>,
    private readonly project: string,
    private readonly stack: string,
    private readonly importState: (deployment: unknown) => Promise<void>,
  ) {}

  async list(): Promise<readonly StateVersion[]> {
    const files = await this.files();
    const histories = (await files.names()).filter((name) => name.endsWith(".history.json"));
    const versions = histories.map(async (name) => {
      const { kind, result, endTime } = historySchema.parse(JSON.parse(await files.text(name)));
      return { id: name.replace(/\.history\.json$/, ""), at: new Date(endTime * 1000).toISOString(), kind, result };
    });
    return (await Promise.all(versions)).sort((one, other) => (one.id < other.id ? 1 : -1));
  }

  async read(id: string): Promise<unknown> {
    const text = await (await this.files()).text(`${id}.checkpoint.json`);
    const { version, checkpoint } = checkpointSchema.parse(JSON.parse(text));
    return { version, deployment: checkpoint.latest };
  }

  restore(deployment: unknown): Promise<void> {
    return this.importState(deployment);
  }

  private async files(): Promise<BackendFiles> {
    return backendFiles(await this.url(), `.pulumi/history/${this.project}/${this.stack}`);
  }
}

/** What a restored state no longer knows, and what it knows again. */
export interface StateDifference {
  /** In the state now, and not in the earlier one: it stays where it is, and no stack has it. URNs. */
  readonly forgotten: readonly string[];
  /** In the earlier state alone: the next deployment takes it for there. URNs. */
  readonly remembered: readonly string[];
  /** In both, with other ids: what was replaced since. URNs. */
  readonly replaced: readonly string[];
}

export function differenceOfStates(now: unknown, earlier: unknown): StateDifference {
  const ids = (state: unknown) =>
    new Map(readDeployedResources(isJsonObject(state) ? state : undefined).map(({ urn, id }) => [urn, id]));
  const [present, past] = [ids(now), ids(earlier)];
  return {
    forgotten: [...present.keys()].filter((urn) => !past.has(urn)),
    remembered: [...past.keys()].filter((urn) => !present.has(urn)),
    replaced: [...past].flatMap(([urn, id]) => (present.has(urn) && present.get(urn) !== id ? [urn] : [])),
  };
}
