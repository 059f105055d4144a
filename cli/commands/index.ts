import type { Command } from "../command";
import { destroy } from "./destroy";
import { drift } from "./drift";
import { outputs } from "./outputs";
import { preview } from "./preview";
import { refresh } from "./refresh";
import { start } from "./start";
import { up } from "./up";

/** The commands that work on a stack. */
export const commands: Readonly<Record<string, Command>> = {
  destroy,
  drift,
  outputs,
  preview,
  refresh,
  start,
  up,
};
