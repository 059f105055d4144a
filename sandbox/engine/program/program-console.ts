import { format } from "node:util";

type Tell = (severity: "info" | "info#err", message: string) => void;

const methods = { log: "info", info: "info", debug: "info", warn: "info#err", error: "info#err" } as const;
type Method = keyof typeof methods;

/**
 * Turns what a program prints into diagnostics, as the real engine does, so that nothing mixes with a command's own output,
 * which does not go through `console`. Call the result to stop.
 */
export function captureConsole(tell: Tell): () => void {
  const originals = new Map<Method, (...args: unknown[]) => void>();
  for (const method of Object.keys(methods) as Method[]) {
    originals.set(method, console[method]);
    console[method] = (...args: unknown[]) => tell(methods[method], format(...args));
  }
  return () => {
    for (const [method, original] of originals) console[method] = original;
  };
}
