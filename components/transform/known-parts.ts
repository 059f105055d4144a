import * as pulumi from "@pulumi/pulumi";

/** What an argument is once it is neither absent nor still to be computed as a whole. Its parts may be. */
type Whole<Argument> = Exclude<Argument, undefined | Promise<unknown> | pulumi.OutputInstance<unknown>>;

/** For each argument whose defaults the SDK fills in, the SDK's function that does so. */
export type DefaultsOf<Args> = { readonly [Key in keyof Args]?: (whole: Whole<Args[Key]>) => pulumi.Input<object> };

type Child<Args> = [name: string, args: Args, opts: pulumi.CustomResourceOptions];

/**
 * Keeps a preview from hiding a whole argument because one part of it is unknown. The SDK fills in some arguments' defaults through an
 * output over the whole argument: unknown altogether in a preview when the id of something new is in it. The same defaults are filled
 * in here part by part. What is deployed stays the same.
 *
 * @param child what a child's constructor gets, after the user's transform
 * @param defaults the SDK's functions, by argument: those that its constructor calls (`…ArgsProvideDefaults`)
 */
export function withKnownParts<Args extends object>(
  [name, args, opts]: Child<Args>,
  defaults: DefaultsOf<Args>,
): Child<Args> {
  const filled: Record<string, unknown> = {};
  for (const key in defaults) {
    const fill = defaults[key];
    const value = args[key];
    if (fill !== undefined && isWhole(value)) filled[key] = fill(value);
  }
  const transformation: pulumi.ResourceTransformation = ({ props, opts: options }) => ({
    props: { ...props, ...filled },
    opts: options,
  });
  return [name, args, { ...opts, transformations: [...(opts.transformations ?? []), transformation] }];
}

/** Whether an argument is there, and not still to be computed as a whole. */
export function isWhole<Argument>(value: Argument): value is Argument & Whole<Argument> {
  return typeof value === "object" && value !== null && !(value instanceof Promise) && !pulumi.Output.isInstance(value);
}
