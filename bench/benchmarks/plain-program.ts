import { type Benchmark, figures, mark, perResource, type Row } from "../benchmark";
import { repeat } from "../fresh-process";
import { plainResources } from "../measurement";

/** Seconds that a monitor in process took on an idle machine (2 cores, Node 20) when the sandbox was designed. */
const designed: ReadonlyMap<number, number> = new Map([
  [303, 0.56],
  [1003, 1.3],
  [4003, 2.7],
]);

export const plain: Benchmark = {
  name: "plain",
  description: "preview of 303, 1,003 and 4,003 resources, against the SDK's own mock monitor",
  async run({ scale, runs, signal }) {
    const rows: Row[] = [];
    for (const resources of scale === "full" ? designed.keys() : [plainResources + 20]) {
      const components = (resources - plainResources) / 2;
      const [sandbox, mocks] = await repeat(
        [
          { what: "plain", components, by: "sandbox" },
          { what: "plain", components, by: "mocks" },
        ],
        { scale, runs, signal },
      );
      if (sandbox === undefined || mocks === undefined) continue;
      const ratio = sandbox.processorSeconds / mocks.processorSeconds;
      const known = designed.get(resources);
      rows.push(
        { benchmark: "plain", measured: `${resources} resources, mocks`, ...figures(mocks) },
        {
          benchmark: "plain",
          measured: `${resources} resources, sandbox`,
          ...figures(sandbox),
          mark: mark("sandbox ÷ mocks", ratio, 1.25),
          ...(known === undefined ? {} : { note: `${known} s on an idle machine when designed` }),
        },
      );
    }
    return rows;
  },
};

export const memory: Benchmark = {
  name: "memory",
  description: "live heap of a preview of 1,003 and 4,003 resources at the most, against the SDK's own mock monitor",
  async run({ scale, runs, signal }) {
    const rows: Row[] = [];
    for (const resources of scale === "full" ? [1003, 4003] : [plainResources + 20]) {
      const components = (resources - plainResources) / 2;
      const [sandbox, mocks] = await repeat(
        [
          { what: "memory", components, by: "sandbox" },
          { what: "memory", components, by: "mocks" },
        ],
        { scale, runs, signal },
      );
      if (sandbox?.heapBytes === undefined || mocks?.heapBytes === undefined) continue;
      const each = (bytes: number) => `${Math.round(bytes / resources / 1000)} kB a resource`;
      rows.push(
        { benchmark: "memory", measured: `${resources} resources, mocks`, resources, note: each(mocks.heapBytes) },
        {
          ...{ benchmark: "memory", measured: `${resources} resources, sandbox`, resources },
          mark: mark("heap of sandbox ÷ mocks", sandbox.heapBytes / mocks.heapBytes, 1.25),
          note: each(sandbox.heapBytes),
        },
      );
    }
    return rows;
  },
};

export const state: Benchmark = {
  name: "state",
  description:
    "up of 303, 1,003 and 4,003 resources with state and world on disk, and once more with nothing to change",
  async run({ scale, runs, signal }) {
    const rows: Row[] = [];
    for (const on of ["nothing", "itself"] as const) {
      const cheaper: number[] = [];
      for (const resources of scale === "full" ? [303, 1003, 4003] : [plainResources + 20]) {
        const components = (resources - plainResources) / 2;
        const [median] = await repeat([{ what: "up", components, on }], { scale, runs, signal });
        if (median === undefined) continue;
        const each = perResource(median);
        const best = Math.min(...cheaper);
        rows.push({
          benchmark: "state",
          measured: `${on === "nothing" ? "up" : "up again"}, ${resources} resources`,
          ...figures(median),
          ...(cheaper.length === 0 ? {} : { mark: mark("per resource ÷ that of fewer resources", each / best, 1.5) }),
        });
        cheaper.push(each);
      }
    }
    return rows;
  },
};
