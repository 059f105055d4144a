import type * as pulumi from "@pulumi/pulumi";

/**
 * The escape hatch of every component: a change to the arguments of one child, and its resource options, just before it is made.
 *
 * A partial is merged over what the component chose, key by key at the top level. A function gets the arguments and the options,
 * and may change both.
 *
 * @example
 * ```ts
 * new BackupStore("backups", { …, transform: { account: { accessTier: "Cool" } } });
 * new BackupStore("backups", { …, transform: { account: (args, opts) => { opts.ignoreChanges = ["accessTier"]; } } });
 * ```
 */
export type Transform<Args> =
  | Partial<Args>
  | ((args: Args, opts: pulumi.CustomResourceOptions, name: string) => undefined | Args);

/** Applies a {@link Transform}; the result is spread into a child's constructor. */
export function transformed<Args extends object>(
  transform: Transform<Args> | undefined,
  name: string,
  args: Args,
  opts: pulumi.CustomResourceOptions,
): [name: string, args: Args, opts: pulumi.CustomResourceOptions] {
  if (transform === undefined) return [name, args, opts];
  if (typeof transform !== "function") return [name, { ...args, ...transform }, opts];
  const copy = { ...args };
  const options = { ...opts };
  return [name, transform(copy, options, name) ?? copy, options];
}
