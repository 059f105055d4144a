import { resultLines } from "../../../deployment/display/operation-display";
import { plainPaint } from "../../../deployment/display/terminal";
import { recordedLog } from "./recordings";

export const pipe = { paint: plainPaint, columns: 80, interactive: false };
export function shown(run: string, diff = false): string {
  return resultLines(recordedLog(run), { diff }, pipe, "1.0 s").join("\n");
}
