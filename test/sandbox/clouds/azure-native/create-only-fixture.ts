import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { Azure } from "./azure-fixture";

/** Type, inputs, the change, and the path that forces the replacement, or undefined for a change in place. */
export type Case = readonly [type: string, inputs: PropertyMap, change: PropertyMap, path: string | undefined];

/** Tests which changes replace a resource, and for which property; undefined for one that replaces nothing. */
export function itReplaces(what: string, cases: readonly Case[]): void {
  describe(what, () => {
    it.each(cases)("of %s %j by %j: replacement by %s", async (type, inputs, change, path) => {
      const azure = new Azure();
      const old = await azure.check(type, inputs);
      const diff = await azure.diff(
        { type, name: "thing", id: "id", inputs: old, outputs: {} },
        { ...inputs, ...change },
      );
      if (path === undefined) expect(diff.replaces).toEqual([]);
      else expect(diff.replaces).toContain(path);
    });
  });
}
