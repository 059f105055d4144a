import type { PolicyResource } from "../../rule";
import { items, type Reading, read, readWithin } from "./property-reading";

/** What runs containers. */
export const containerTypes = ["azure-native:app:ContainerApp", "azure-native:app:Job"];

/** The containers of an app or a job, also those that run before the others. */
export function containersOf(app: PolicyResource): readonly Reading[] {
  const template = read(app, "template");
  return [...items(readWithin(template, "containers")), ...items(readWithin(template, "initContainers"))];
}
