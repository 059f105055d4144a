import { format } from "node:util";

type Tell = (severity: "info" | "info#err", message: string) => void;

const methods = { log: "info", info: "info", debug: "info", warn: "info#err", error: "info#err" } as const;
type Method = keyof typeof methods;

/**
 * Turns what a program prints into diagnostics, as the real engine does, so that nothing mixes with a command's own output.
 * @param isProgram whether the code that is printing belongs to the program
 */
export function captureConsole(isProgram: () => boolean, tell: Tell): () => void {
  const originals = new Map<Method, (...args: unknown[]) => void>();
  for (const method of Object.keys(methods) as Method[]) {
    const original = console[method];
    originals.set(method, original);
    console[method] = (...args: unknown[]) => {
      if (isProgram()) tell(methods[method], format(...args));
      else original.apply(console, args);
    };
  }
  return () => {
    for (const [method, original] of originals) console[method] = original;
  };
}
