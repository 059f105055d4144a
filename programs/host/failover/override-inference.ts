import { rmSync } from "node:fs";
import type { InferenceOverride } from "../agents/inference/override-file";
import { stateFile, writeState } from "../agents/state-file";
import { HostError, hostExitCodes } from "../host-exit-codes";
import { readSettings } from "../host-settings";

/** The options of `inference`. */
export interface InferenceArguments {
  readonly avoid?: string;
  readonly minutes?: number;
  readonly automatic: boolean;
  readonly settings: string;
}

/** `host.mjs inference`: writes or removes the override, which the monitor takes up within a second. */
export function overrideInference({ avoid, minutes, automatic, settings: file }: InferenceArguments): void {
  const { root, inference } = readSettings(file);
  const target = stateFile(root, "inference-override.json");
  const hosts = inference.servers.map(({ host }) => host);
  if (automatic === (avoid !== undefined)) {
    throw new HostError(hostExitCodes.badConfiguration, `say --avoid ${hosts.join(" or --avoid ")}, or --automatic`);
  }
  if (avoid === undefined) {
    rmSync(target, { force: true });
    process.stdout.write("the monitor decides which servers are there\n");
    return;
  }
  if (!hosts.includes(avoid)) {
    throw new HostError(
      hostExitCodes.badConfiguration,
      `no inference server on "${avoid}"; there are ${hosts.join(" and ")}`,
    );
  }
  const until = minutes === undefined ? {} : { until: new Date(Date.now() + minutes * 60_000).toISOString() };
  const override: InferenceOverride = { [avoid]: { healthy: false, ...until } };
  writeState(target, override);
  process.stdout.write(
    `inference on ${avoid} counts as away${minutes === undefined ? "" : ` for ${minutes} minutes`}\n`,
  );
}
