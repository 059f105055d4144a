import * as pulumi from "@pulumi/pulumi";
import type { AdoptedResource } from "../../lib/adopted-resource";

/**
 * Has the program's resources imported instead of made, where they are listed. What exists is then changed into what the program says, in
 * the same deployment; its preview shows what that is. Resources that are in the state already stay as they are.
 */
export function adoptResources(adopted: readonly AdoptedResource[]): void {
  if (adopted.length === 0) return;
  const byName = new Map(adopted.map(({ type, name, id }) => [`${type} ${name}`, id]));
  pulumi.runtime.registerStackTransformation(({ type, name, props, opts }) => {
    const found = byName.get(`${type} ${name}`);
    if (found === undefined) return undefined;
    return { props, opts: pulumi.mergeOptions(opts, { import: found }) };
  });
}
