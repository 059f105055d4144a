import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { isJsonObject, type JsonObject } from "../../lib/json-value";
import { goalOf } from "../../sandbox/engine/monitor/decode-request";
import { ResourceMonitor } from "../../sandbox/engine/monitor/resource-monitor";
import type { Goal } from "../../sandbox/engine/plan/goal";
import type { ProjectSdk } from "../../sandbox/engine/program/project-sdk";

/** One resource as the program registered it. */
export interface Registration {
  readonly urn: string;
  /** As on the wire: unknown values and secrets are marked. */
  readonly properties: JsonObject;
  readonly goal: Omit<Goal, "properties">;
}

/** In the order in which they were registered: everything comes after what it needs. */
export type Recording = Registration[];

type Register = ResourceMonitor["registerResource"];
type Answer = Parameters<Register>[1];

/** Notes what programs of this process register from now on. */
export function recordRegistrations({ settings }: ProjectSdk, recording: Recording): void {
  const connect = settings.setMockOptions;
  settings.setMockOptions = (monitor, ...rest) => connect(recordingMonitor(monitor, recording), ...rest);
}

function recordingMonitor(monitor: object, recording: Recording): object {
  if (!(monitor instanceof ResourceMonitor)) throw new Error("this is not the sandbox's monitor");
  const registerResource = (request: RegisterResourceRequest, answer: Answer): void => {
    const { properties: _decoded, ...goal } = goalOf(request);
    const properties: unknown = request.getObject()?.toJavaScript() ?? {};
    monitor.registerResource(request, (error, registered) => {
      if (registered !== undefined && isJsonObject(properties)) {
        recording.push({ urn: registered.getUrn(), properties, goal });
      }
      answer(error, registered);
    });
  };
  return Object.assign(Object.create(monitor), { registerResource });
}
