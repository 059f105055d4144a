import { allOf, compliant, type RuleOutcome, undecided, violation } from "../../outcome";
import type { PolicyRule } from "../../rule";
import { containersOf, containerTypes } from "../shared/container-parts";
import { type Reading, readWithin } from "../shared/property-reading";

export const containerImageDigest: PolicyRule = {
  id: "container-image-digest",
  family: "delivery",
  benchmarkRow: 49,
  controls: ["aca-azure-policy"],
  description: "Container images are named by digest, so that what was checked is what runs.",
  remediation: "Name the image as repository@sha256:…, or declare it in the stack's placeholderImages.",
  level: "mandatory",
  types: containerTypes,
  evaluate: (app, stack) =>
    allOf(containersOf(app).map((container) => requireDigest(readWithin(container, "image"), stack.placeholderImages))),
};

function requireDigest(image: Reading, placeholders: readonly string[]): RuleOutcome {
  if (image.state === "unknown") return undecided(image.path);
  const text = image.state === "known" ? String(image.value) : "";
  if (/@sha256:[0-9a-f]{64}$/.test(text) || placeholders.includes(text)) return compliant;
  return violation(image.path, "is not named by digest");
}
