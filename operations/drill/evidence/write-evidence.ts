import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Check, DrillEvidence, NotChecked, RunEvidence, TimelineEvent } from "./drill-evidence";
import { type AlertBound, pictureName, reportPage } from "./report-page";

/** Writes `evidence.json`, `junit.xml`, `report.md` and a timeline picture for each run. @returns the directory */
export function writeEvidence(directory: string, evidence: DrillEvidence, alert: AlertBound | undefined): string {
  mkdirSync(directory, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  write("evidence.json", `${JSON.stringify(evidence, undefined, 2)}\n`);
  write("junit.xml", junitReport(evidence));
  write("report.md", reportPage(evidence, alert));
  for (const run of evidence.runs) write(pictureName(run), timelinePicture(run));
  return directory;
}

/** The evidence as JUnit's XML: a suite for each run, one for the targets; a check is a test case. */
export function junitReport({ runs, targets, skipped }: DrillEvidence): string {
  const suites = [
    ...runs.map(({ scenario, run, seconds, checks, notChecked }) =>
      suite(`${scenario}, run ${run}`, scenario, checks, seconds, notChecked),
    ),
    ...(targets.length === 0 ? [] : [suite("targets", "targets", targets, 0)]),
    ...skipped.map(
      ({ scenario, why }) =>
        `  <testsuite name="${escapeXml(scenario)}" tests="1" failures="0" skipped="1">\n    <testcase name="${escapeXml(scenario)}" classname="drill.${escapeXml(scenario)}"><skipped message="${escapeXml(why)}"/></testcase>\n  </testsuite>`,
    ),
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="drill">\n${suites.join("\n")}\n</testsuites>\n`;
}

function suite(
  name: string,
  scenario: string,
  checks: readonly Check[],
  seconds: number,
  notChecked: readonly NotChecked[] = [],
): string {
  const failures = checks.filter(({ passed }) => !passed).length;
  const skipped = notChecked.map(
    ({ name: skippedName, why }) =>
      `    <testcase name="${escapeXml(skippedName)}" classname="drill.${escapeXml(scenario)}"><skipped message="${escapeXml(why)}"/></testcase>`,
  );
  const cases = [...checks.map((check) => testCase(scenario, check)), ...skipped].join("\n");
  const tests = checks.length + skipped.length;
  return `  <testsuite name="${escapeXml(name)}" tests="${tests}" failures="${failures}" skipped="${skipped.length}" time="${seconds.toFixed(1)}">\n${cases}\n  </testsuite>`;
}

function testCase(scenario: string, { name, expected, measured, passed }: Check): string {
  const opening = `    <testcase name="${escapeXml(name)}" classname="drill.${escapeXml(scenario)}"`;
  if (passed) return `${opening}/>`;
  const message = escapeXml(`expected ${expected}, measured ${measured}`);
  return `${opening}><failure message="${message}">${message}</failure></testcase>`;
}

/** Text as XML may hold it. What no XML may hold, such as a terminal's escape, is left out. */
function escapeXml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replaceAll("\n", "&#10;")
  );
}

const width = 1000;
const left = 90;
const right = 20;
const laneHeight = 34;
const rowHeight = 18;

/** One run as a picture: time from left to right, a lane for each place, a number for each event, told below. */
export function timelinePicture({ scenario, run, seconds, timeline }: RunEvidence): string {
  const lanes = [...new Set(timeline.map(({ where }) => where))];
  const axis = 44 + lanes.length * laneHeight;
  const height = axis + 34 + timeline.length * rowHeight + 12;
  const span = Math.max(seconds, 1);
  const x = (at: number) => left + (Math.min(at, span) / span) * (width - left - right);
  const y = (event: TimelineEvent) => 44 + lanes.indexOf(event.where) * laneHeight + laneHeight / 2;
  const parts = [
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(12, 24, `${scenario}, run ${run}: ${seconds.toFixed(0)} s`, 'font-size="15" font-weight="bold"'),
    ...lanes.map((lane, index) => drawLane(lane, 44 + index * laneHeight)),
    ...ticks(span).map((at) => tick(x(at), at, axis)),
    ...timeline.map((event, index) => marker(x(event.at), y(event), index + 1)),
    ...timeline.map((event, index) => timelineLine(event, index + 1, axis + 40 + index * rowHeight)),
  ];
  const label = escapeXml(`Timeline of ${scenario}, run ${run}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}" font-family="system-ui, sans-serif" font-size="12">\n${parts.join("\n")}\n</svg>\n`;
}

function drawLane(name: string, top: number): string {
  const middle = top + laneHeight / 2;
  const line = `<line x1="${left}" y1="${middle}" x2="${width - right}" y2="${middle}" stroke="#8a94a6" stroke-width="2"/>`;
  return `${text(12, middle + 4, name, 'font-weight="bold"')}${line}`;
}

function ticks(span: number): readonly number[] {
  const step = [1, 2, 5, 10, 20, 30, 60, 120, 300].find((each) => span / each <= 12) ?? 600;
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step);
}

function tick(x: number, at: number, axis: number): string {
  const line = `<line x1="${x.toFixed(1)}" y1="40" x2="${x.toFixed(1)}" y2="${axis}" stroke="#e3e7ee"/>`;
  return `${line}${text(x, axis + 14, `${at} s`, 'text-anchor="middle" fill="#556070"')}`;
}

function marker(x: number, y: number, number: number): string {
  const circle = `<circle cx="${x.toFixed(1)}" cy="${y}" r="9" fill="#1f5fae" fill-opacity="0.85"/>`;
  return `${circle}${text(x, y + 4, String(number), 'text-anchor="middle" fill="#ffffff" font-size="10"')}`;
}

function timelineLine({ at, where, what }: TimelineEvent, number: number, y: number): string {
  return text(12, y, `${number}. ${at.toFixed(1)} s  ${where}: ${what}`, "");
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escapeXml(content)}</text>`;
}
