import type { EngineEvent } from "@pulumi/pulumi/automation";
import { expect, it } from "vitest";
import { PathPlugins } from "../../../deployment/automation/path-plugins";

const diagnostic = (message: string): EngineEvent => ({
  sequence: 1,
  timestamp: 2,
  diagnosticEvent: { message, color: "never", severity: "warning", prefix: "warning: " },
});
const summary: EngineEvent = {
  sequence: 3,
  timestamp: 4,
  summaryEvent: { maybeCorrupt: false, durationSeconds: 1, resourceChanges: {}, policyPacks: {} },
};

it("plugins of the PATH are told once, at the end; what else the engine warns of is passed on", () => {
  const plugins = new PathPlugins();
  const told = (event: EngineEvent) => plugins.instead(event);
  for (const name of ["random", "github", "random"]) {
    expect(told(diagnostic(`using pulumi-resource-${name} from $PATH at /here/bin/pulumi-resource-${name}\n`))).toEqual(
      [],
    );
  }
  expect(told(diagnostic("something else"))).toEqual([diagnostic("something else")]);
  const end = told(summary);
  expect(end.map(({ diagnosticEvent }) => diagnosticEvent?.message)).toEqual([
    "plugins of /here/bin, which is on the PATH: github, random\n",
    undefined,
  ]);
  expect(end.at(-1)).toBe(summary);
});
