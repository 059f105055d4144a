import type { Measurement } from "./measurement";

/** One measurement, as it is handed to a fresh process. */
export type MeasurementRequest =
  /** A preview of ALAI's `prod` that was never deployed, with the inventory in `inventory`. */
  | { readonly what: "alai"; readonly inventory: string; readonly policies: boolean }
  /** A preview of a stack that was never deployed, with the project's inventory. */
  | { readonly what: "stack"; readonly stack: string }
  /** As `alai`, and writes what the program registered to `recording`. */
  | { readonly what: "record"; readonly inventory: string; readonly recording: string }
  /** A preview of the resources in `recording`, written flat; `again` is where to record it in turn. */
  | { readonly what: "flat"; readonly recording: string; readonly policies: boolean; readonly again?: string }
  /** The policy pack on so many resources. */
  | { readonly what: "pack"; readonly resources: number }
  /** What is written of a preview of `prod` with the inventory in `inventory`; resources are changes. */
  | { readonly what: "report"; readonly inventory: string }
  /** A preview of the plain program, by the sandbox or by the SDK's own mock monitor; for `memory` with the most that was alive in the heap. */
  | { readonly what: "plain" | "memory"; readonly components: number; readonly by: "sandbox" | "mocks" }
  /** An `up` of the plain program with state and world on disk, on nothing or on what an `up` made before. */
  | { readonly what: "up"; readonly components: number; readonly on: "nothing" | "itself" };

/** Written where the measuring of the heap begins, among what Node writes of each collection. */
export const heapMark = "the heap is measured from here";

// Each loads what it needs and nothing else, so that no measurement carries another's modules.
export async function runMeasurement(request: MeasurementRequest): Promise<Measurement> {
  switch (request.what) {
    case "alai": {
      const { previewAlai }: typeof import("./measurements/alai-preview") = require("./measurements/alai-preview");
      return previewAlai(request);
    }
    case "stack": {
      const { previewStack }: typeof import("./measurements/alai-preview") = require("./measurements/alai-preview");
      return previewStack(request);
    }
    case "record": {
      const { recordAlai }: typeof import("./measurements/alai-preview") = require("./measurements/alai-preview");
      return recordAlai(request);
    }
    case "flat": {
      const { previewFlat }: typeof import("./measurements/alai-preview") = require("./measurements/alai-preview");
      return previewFlat(request);
    }
    case "pack": {
      const { checkPack }: typeof import("./measurements/check-pack") = require("./measurements/check-pack");
      return checkPack(request);
    }
    case "report": {
      const { renderReport }: typeof import("./measurements/render-report") = require("./measurements/render-report");
      return renderReport(request);
    }
    case "plain":
    case "memory": {
      const { previewPlain }: typeof import("./measurements/plain-runs") = require("./measurements/plain-runs");
      if (request.what === "memory") process.stdout.write(`${heapMark}\n`);
      return previewPlain(request);
    }
    case "up": {
      const { upPlain }: typeof import("./measurements/plain-runs") = require("./measurements/plain-runs");
      return upPlain(request);
    }
  }
}

/** What a fresh process runs: one measurement, given as JSON; the result goes to the parent process. */
async function measure(): Promise<void> {
  const result = await runMeasurement(JSON.parse(process.argv[2] ?? ""));
  // A program may leave something open; the parent waits for the end of this process.
  process.send?.(result, () => process.exit(0));
}

// Imported by what measures in its own process, too.
if (require.main === module) {
  measure().catch((error: unknown) => {
    process.stderr.write(
      `${error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : error}\n`,
      () => process.exit(1),
    );
  });
}
