import type { Generator } from "../../lib/generator";
import { alaiDeliveryFiles } from "./delivery";

/** The workflows and code owners of this repository. */
export const generator: Generator = {
  directories: [".github/workflows"],
  files: () => Object.entries(alaiDeliveryFiles()).map(([path, text]) => ({ path, text })),
};
