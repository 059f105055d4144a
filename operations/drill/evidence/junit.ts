import type { Check, DrillEvidence, NotChecked } from "./evidence";

/** The evidence as JUnit's XML: a suite for each run, one for the targets; a check is a test case. */
export function junitReport({ runs, targets, skipped }: DrillEvidence): string {
  const suites = [
    ...runs.map(({ scenario, run, seconds, checks, notChecked }) =>
      suite(`${scenario}, run ${run}`, scenario, checks, seconds, notChecked),
    ),
    ...(targets.length === 0 ? [] : [suite("targets", "targets", targets, 0)]),
    ...skipped.map(
      ({ scenario, why }) =>
        `  <testsuite name="${escaped(scenario)}" tests="1" failures="0" skipped="1">\n    <testcase name="${escaped(scenario)}" classname="drill.${escaped(scenario)}"><skipped message="${escaped(why)}"/></testcase>\n  </testsuite>`,
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
      `    <testcase name="${escaped(skippedName)}" classname="drill.${escaped(scenario)}"><skipped message="${escaped(why)}"/></testcase>`,
  );
  const cases = [...checks.map((check) => testCase(scenario, check)), ...skipped].join("\n");
  const tests = checks.length + skipped.length;
  return `  <testsuite name="${escaped(name)}" tests="${tests}" failures="${failures}" skipped="${skipped.length}" time="${seconds.toFixed(1)}">\n${cases}\n  </testsuite>`;
}

function testCase(scenario: string, { name, expected, measured, passed }: Check): string {
  const opening = `    <testcase name="${escaped(name)}" classname="drill.${escaped(scenario)}"`;
  if (passed) return `${opening}/>`;
  const message = escaped(`expected ${expected}, measured ${measured}`);
  return `${opening}><failure message="${message}">${message}</failure></testcase>`;
}

/** Text as XML may hold it. What no XML may hold, such as a terminal's escape, is left out. */
export function escaped(text: string): string {
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
