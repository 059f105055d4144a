import { longestComment } from "../../operations/report/markdown/comment";
import { reportSection } from "../../operations/report/markdown/section";
import { sarifLog } from "../../operations/report/sarif";
import { stackSources } from "../../operations/report/source-location";
import { buildReport } from "../../operations/report/stack-report";
import { reportSummary } from "../../operations/report/write-report";
import { type Measurement, measureWork } from "../measurement";
import { PolicyStopwatch, prodPreview, prodProgram } from "./alai-preview";
import { project, root, runSilently } from "./sandbox-preview";

const noLimit = 50_000_000;

/** Everything that `npm run report` writes, from the events of a preview that has ended. */
export async function renderReport({ inventory }: { readonly inventory: string }): Promise<Measurement> {
  const operation = await prodPreview(() => prodProgram(inventory), true, new PolicyStopwatch());
  const { log } = await runSilently(operation);
  const sources = stackSources(root, "prod", project.main);
  return measureWork(async () => {
    const report = buildReport(log, { stack: "prod", engine: "sandbox", overrides: [], sources });
    const texts = [
      reportSection(report, longestComment, {}),
      reportSection(report, noLimit, {}),
      JSON.stringify(sarifLog(report)),
      JSON.stringify(reportSummary(report)),
    ];
    if (texts.some((text) => text === "")) throw new Error("nothing was written");
    return { resources: report.components.reduce((sum, { changes }) => sum + changes.length, 0) };
  });
}
