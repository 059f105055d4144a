import { allOf, compliant, type RuleOutcome, undecided, violation } from "../../outcome";
import type { PolicyRule } from "../../rule";
import type { StackParameters } from "../../stack-parameters";
import { containersOf, containerTypes } from "../shared/container-parts";
import { type Reading, readWithin } from "../shared/property-reading";

export const containerImageSource: PolicyRule = {
  id: "container-image-source",
  family: "delivery",
  benchmarkRow: 49,
  controls: ["aca-azure-policy"],
  description: "Container images come from our registries, or from where the stack's imageSources allow.",
  remediation: "Copy the image to the registry, or declare where it comes from in the stack's imageSources.",
  level: "mandatory",
  types: containerTypes,
  evaluate: (app, stack) =>
    allOf(containersOf(app).map((container) => requireSource(readWithin(container, "image"), stack))),
};

function requireSource(image: Reading, { imageSources, placeholderImages }: StackParameters): RuleOutcome {
  if (image.state === "unknown") return undecided(image.path);
  const text = image.state === "known" ? String(image.value) : "";
  const isOurs = /^[a-z0-9]+\.azurecr\.io\//.test(text);
  const isAllowed = imageSources.some((source) => text.startsWith(source)) || placeholderImages.includes(text);
  return isOurs || isAllowed ? compliant : violation(image.path, "comes from a registry that is not allowed");
}
