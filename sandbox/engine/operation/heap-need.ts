import { getHeapStatistics } from "node:v8";

/**
 * Live heap of one resource at the most, while a program runs: what the SDK and the engine hold of it until it is answered. Measured by
 * `npm run bench -- --only memory`: 62 kB of the small resources there; those of `prod` are larger.
 */
const bytesOfOne = 60_000;
/** Live heap before the first resource: modules, the seeded world, the pack. */
const bytesBefore = 60_000_000;

/**
 * Says that so many resources need more memory than Node may take, with what to do; undefined when they do not. Node itself would collect
 * garbage for minutes first, and then end without a word of what was asked too much.
 *
 * @param limit bytes; default: what this process was given
 */
export function heapProblem(resources: number, limit = ownLimit): string | undefined {
  const need = bytesBefore + resources * bytesOfOne;
  if (need <= limit) return undefined;
  const [needed, given] = [need, limit].map((bytes) => Math.ceil(bytes / 2 ** 20));
  // Twice: a collector that has little room works most of the time.
  const enough = 2 * (needed ?? 0);
  return `${resources.toLocaleString("en")} resources need about ${needed} MB of memory, and Node may take ${given} MB; give it more: NODE_OPTIONS=--max-old-space-size=${enough}`;
}

/** Asked once: it stays as it is, and each registration is compared with it. */
const ownLimit = oldSpaceLimit();

/** What Node may keep for longer, in bytes: its limit is that and three young spaces, whose size it does not tell. */
function oldSpaceLimit(): number {
  const options = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ");
  const young = Number(/--max-semi-space-size=(\d+)/.exec(options)?.[1] ?? 16);
  return getHeapStatistics().heap_size_limit - 3 * young * 2 ** 20;
}
