import type { Command } from "../command";
import { affected } from "./affected";
import { approval } from "./approval";
import { breakGlassReview } from "./break-glass-review";
import { destroy } from "./destroy";
import { drift } from "./drift";
import { outputs } from "./outputs";
import { policies } from "./policies";
import { preview } from "./preview";
import { refresh } from "./refresh";
import { report } from "./report";
import { start } from "./start";
import { up } from "./up";
import { workflows } from "./workflows";

/** The commands that work on a stack. */
export const commands: Readonly<Record<string, Command>> = {
  affected,
  approval,
  "break-glass-review": breakGlassReview,
  destroy,
  drift,
  outputs,
  policies,
  preview,
  refresh,
  report,
  start,
  up,
  workflows,
};
