import type { Command } from "../command";
import { conformance } from "./conformance";
import { destroy } from "./destroy";
import { drift } from "./drift";
import { outputs } from "./outputs";
import { preview } from "./preview";
import { refresh } from "./refresh";
import { start } from "./start";
import { up } from "./up";

export const commands: Readonly<Record<string, Command>> = {
  conformance,
  destroy,
  drift,
  outputs,
  preview,
  refresh,
  start,
  up,
};
