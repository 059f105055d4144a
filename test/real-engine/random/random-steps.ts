import fc from "fast-check";
import type { RandomStep } from "./both-engines";
import type { InputValue, RandomProgram, RandomResource, ResourceOptions } from "./random-program";

/** A value that may refer to an earlier resource, which is named by a number until it is known which there are. */
type DraftValue = (earlier: readonly string[]) => InputValue;
type Draft = (name: string, earlier: readonly string[]) => RandomResource;
type Edit = (program: RandomProgram, name: string) => RandomProgram;

const number = fc.nat(50);
const text = fc.constantFrom("a", "b", "c");

/** One of the earlier resources. */
const pick = <Value>(use: (name: string) => Value, otherwise: Value) =>
  number.map((at) => (earlier: readonly string[]) => {
    const name = earlier[at % Math.max(earlier.length, 1)];
    return name === undefined ? otherwise : use(name);
  });

const reference: fc.Arbitrary<DraftValue> = fc
  .constantFrom("id", "computed", "text", "urn")
  .chain((output) => pick<InputValue>((of) => ({ of, output: output as "id" }), "nothing"));

const plain: fc.Arbitrary<InputValue> = fc.oneof(
  text,
  fc.nat(3),
  fc.array(text, { maxLength: 3 }),
  text.map((secret) => ({ secret })),
  fc.record({ a: text, b: text }, { requiredKeys: ["a"], noNullPrototype: true }),
);

const value: fc.Arbitrary<DraftValue> = fc.oneof(
  {
    weight: 5,
    arbitrary: plain.map(
      (input): DraftValue =>
        () =>
          input,
    ),
  },
  { weight: 3, arbitrary: reference },
  {
    weight: 1,
    arbitrary: reference.map(
      (of): DraftValue =>
        (earlier) => ({ lookup: of(earlier) }),
    ),
  },
);

const key = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("text", "number", "list", "nested", "standard") },
  { weight: 3, arbitrary: fc.constant("fixed") },
  { weight: 1, arbitrary: fc.constantFrom("first", "drifts", "gone") },
);

const input = fc.tuple(key, value);
const failure = fc.constantFrom("create", "update", "delete").map((fail): [string, DraftValue] => ["fail", () => fail]);

/** Nothing, eleven times of twelve. */
const rarely = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 11, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

const inputs = fc
  .tuple(fc.array(input, { maxLength: 4 }), rarely(failure))
  .map(([given, fails]) => [...given, ...(fails === null ? [] : [fails])]);

const inputNames = fc.array(fc.constantFrom("text", "number", "list", "fixed", "nested.a", "list[0]", "list[*]", "*"), {
  minLength: 1,
  maxLength: 2,
});

type DraftOption = (earlier: readonly string[]) => ResourceOptions;
const always =
  (option: ResourceOptions): DraftOption =>
  () =>
    option;

const option: fc.Arbitrary<DraftOption> = fc.oneof(
  { weight: 4, arbitrary: pick<ResourceOptions>((parent) => ({ parent }), {}) },
  { weight: 4, arbitrary: pick<ResourceOptions>((name) => ({ dependsOn: [name] }), {}) },
  { weight: 3, arbitrary: pick<ResourceOptions>((provider) => ({ provider }), {}) },
  { weight: 2, arbitrary: pick<ResourceOptions>((deletedWith) => ({ deletedWith }), {}) },
  { weight: 2, arbitrary: inputNames.map((ignoreChanges) => always({ ignoreChanges })) },
  { weight: 2, arbitrary: inputNames.map((replaceOnChanges) => always({ replaceOnChanges })) },
  { weight: 2, arbitrary: fc.boolean().map((deleteBeforeReplace) => always({ deleteBeforeReplace })) },
  { weight: 1, arbitrary: fc.constant(always({ protect: true })) },
  { weight: 1, arbitrary: fc.constant(always({ retainOnDelete: true })) },
  { weight: 1, arbitrary: fc.constant(always({ additionalSecretOutputs: ["computed"] })) },
  { weight: 1, arbitrary: fc.constant(always({ customTimeouts: { create: "5m" } })) },
  { weight: 1, arbitrary: text.map((replacementTrigger) => always({ replacementTrigger })) },
  { weight: 1, arbitrary: fc.constant(always({ import: "imported" })) },
);

const options = fc.array(option, { maxLength: 2 }).map(
  (chosen): DraftOption =>
    (earlier) =>
      Object.assign({}, ...chosen.map((one) => one(earlier))),
);

const kind = fc.oneof(
  { weight: 8, arbitrary: fc.constant("thing" as const) },
  { weight: 3, arbitrary: fc.constant("group" as const) },
  { weight: 1, arbitrary: fc.constant("provider" as const) },
  { weight: 1, arbitrary: fc.constant("read" as const) },
);

const draft: fc.Arbitrary<Draft> = fc.tuple(kind, inputs, options).map(
  ([chosen, given, wanted]): Draft =>
    (name, earlier) => {
      const options = withoutNonsense(chosen, wanted(earlier));
      // What is imported must be as it is found, and what is read must be there.
      const asked = options.import === undefined ? given.filter(([key]) => chosen !== "read" || key !== "gone") : [];
      const inputs = Object.fromEntries(asked.map(([key, input]) => [key, input(earlier)]));
      return { kind: chosen, name, inputs, options };
    },
);

/** The SDK refuses these where they mean nothing, before an engine hears of them. */
function withoutNonsense(kind: RandomResource["kind"], options: ResourceOptions): ResourceOptions {
  const { import: imported, provider, ...rest } = options;
  if (kind === "thing") return options;
  return kind === "provider" ? rest : provider === undefined ? rest : { ...rest, provider };
}

const changeAt = (change: (resource: RandomResource, earlier: readonly string[]) => RandomResource) =>
  number.map(
    (at): Edit =>
      (program) => {
        const { resources } = program;
        const index = at % Math.max(resources.length, 1);
        const earlier = resources.slice(0, index).map(({ name }) => name);
        const changed = (old: RandomResource, place: number) =>
          place === index && old.options.import === undefined && old.kind !== "read" ? change(old, earlier) : old;
        return { ...program, resources: resources.map(changed) };
      },
  );

const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(key, value)
      .chain(([name, next]) =>
        changeAt((old, earlier) => ({ ...old, inputs: { ...old.inputs, [name]: next(earlier) } })),
      ),
  },
  { weight: 2, arbitrary: changeAt((old) => ({ ...old, inputs: { ...old.inputs, fail: "nothing" } })) },
  {
    weight: 1,
    arbitrary: failure.chain(([name, next]) =>
      changeAt((old) => ({ ...old, inputs: { ...old.inputs, [name]: next([]) } })),
    ),
  },
  {
    weight: 2,
    arbitrary: changeAt((old) => ({ ...old, inputs: Object.fromEntries(Object.entries(old.inputs).slice(1)) })),
  },
  {
    weight: 3,
    arbitrary: options.chain((asked) =>
      changeAt((old, earlier) => {
        const { import: _import, ...options } = withoutNonsense(old.kind, asked(earlier));
        return { ...old, options };
      }),
    ),
  },
  { weight: 3, arbitrary: number.map(remove) },
  { weight: 2, arbitrary: fc.tuple(number, fc.boolean()).map(([at, isAliased]) => rename(at, isAliased)) },
  {
    weight: 3,
    arbitrary: draft.map(
      (added): Edit =>
        (program, name) => {
          const resource = added(
            name,
            program.resources.map(({ name: known }) => known),
          );
          return { ...program, resources: [...program.resources, resource] };
        },
    ),
  },
);

function remove(at: number): Edit {
  return (program) => {
    const index = at % Math.max(program.resources.length, 1);
    return { ...program, resources: program.resources.filter((_, place) => place !== index) };
  };
}

/** What referred to it refers to it by its new name. */
function rename(at: number, isAliased: boolean): Edit {
  return (program) => {
    const index = at % Math.max(program.resources.length, 1);
    const old = program.resources[index];
    if (old === undefined) return program;
    const next = `${old.name}x`;
    const quoted = (name: string) => JSON.stringify(name);
    const all = JSON.stringify(program).replaceAll(quoted(old.name), quoted(next));
    const renamed: RandomProgram = JSON.parse(all);
    if (!isAliased) return renamed;
    const aliases = [...(old.options.aliases ?? []), old.name];
    return {
      ...renamed,
      resources: renamed.resources.map((resource) =>
        resource.name === next ? { ...resource, options: { ...resource.options, aliases } } : resource,
      ),
    };
  };
}

const firstProgram = fc
  .tuple(fc.array(draft, { minLength: 1, maxLength: 6 }), fc.array(value, { maxLength: 2 }))
  .map(([drafts, exported]): RandomProgram => {
    const names = drafts.map((_, index) => `n${index}`);
    return {
      resources: drafts.map((make, index) => make(names[index] ?? "", names.slice(0, index))),
      exports: Object.fromEntries(exported.map((output, index) => [`out${index}`, output(names)])),
    };
  });

interface Change {
  readonly kind: RandomStep["kind"];
  readonly edits: readonly Edit[];
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant("up" as const) },
    { weight: 3, arbitrary: fc.constant("preview" as const) },
    { weight: 2, arbitrary: fc.constant("refresh" as const) },
    { weight: 1, arbitrary: fc.constant("destroy" as const) },
  ),
  edits: fc.array(edit, { minLength: 1, maxLength: 3 }),
});

/** What happens to a stack: a program is deployed, and then changed and deployed, previewed, refreshed or destroyed. */
export const randomSteps: fc.Arbitrary<readonly RandomStep[]> = fc
  .tuple(firstProgram, fc.array(change, { minLength: 1, maxLength: 3 }))
  .map(([first, changes]) => {
    let program = first;
    const steps: RandomStep[] = [{ kind: "up", program, continueOnError: true }];
    for (const [index, { kind, edits }] of changes.entries()) {
      if (kind === "up" || kind === "preview") {
        edits.forEach((edit, place) => {
          program = edit(program, `a${index}${place}`);
        });
      }
      steps.push({ kind, program, continueOnError: true });
    }
    return steps;
  });
