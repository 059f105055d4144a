const engineNames = ["sandbox", "pulumi"] as const;
export type EngineName = (typeof engineNames)[number];

/** An option as it is offered. Its flags say what it takes: `--json` is on or off, `--stack <name>` takes a text. */
export interface OptionDefinition {
  readonly flags: string;
  readonly description: string;
  /** What holds when it is not given, where the description does not say so. */
  readonly default?: number;
  /** The texts it takes. Default: any. */
  readonly choices?: readonly string[];
  /** Whether it may be given several times. Default: once. */
  readonly repeatable?: boolean;
}

/** Options by the name that commander gives their values: `skipPreview` of `--skip-preview`. */
export type OptionTable = Readonly<Record<string, OptionDefinition>>;

type OptionValue<Definition extends OptionDefinition> = Definition extends {
  readonly choices: readonly (infer Choice)[];
}
  ? Choice
  : Definition extends { readonly repeatable: true }
    ? readonly string[]
    : Definition["flags"] extends `${string}<${string}`
      ? string
      : boolean;

/** What a person gave of a table's options. */
export type OptionValues<Table extends OptionTable> = { readonly [Name in keyof Table]?: OptionValue<Table[Name]> };

/** Options of more than one command. Those of one command are defined in its own file. */
export const sharedOptions = {
  stack: { flags: "-s, --stack <name>", description: "the stack, as in Pulumi.<name>.yaml" },
  engine: {
    flags: "--engine <name>",
    description: "sandbox: emulated clouds, nothing real; pulumi: the real engine and clouds",
    choices: engineNames,
  },
  cwd: { flags: "--cwd <dir>", description: "another Pulumi project's directory (default: this project)" },
  policyPack: {
    flags: "--policy-pack <dir>",
    description: "check with this pack (default: policies; none with --cwd)",
  },
  target: { flags: "--target <urn>", description: "only this resource; can be repeated", repeatable: true },
  json: {
    flags: "--json",
    description:
      "JSON on standard output and nothing else there: one document, or engine events, one a line (use npm run -s)",
  },
  diff: { flags: "--diff", description: "show the properties that change" },
  expectNoChanges: { flags: "--expect-no-changes", description: "exit code 7 when anything would change" },
  yes: { flags: "-y, --yes", description: "apply without asking" },
  skipPreview: { flags: "--skip-preview", description: "apply at once; policies then stop half-way instead of before" },
  override: {
    flags: "--override <guard=reason>",
    description: "set a plan guard (stateful, blast-radius, retention) aside, and say why; can be repeated",
    repeatable: true,
  },
  overridesOf: {
    flags: "--overrides-of <number|commit>",
    description:
      "set aside the plan guards that labels of this pull request name, or of the one merged as the checked-out commit; reads GITHUB_REPOSITORY with RUN_TOKEN",
  },
  breakStaleLock: {
    flags: "--break-stale-lock",
    description: "if a workflow run that has ended left the stack locked, break the lock",
  },
  dryRun: { flags: "--dry-run", description: "say what would be done, and do nothing" },
  output: { flags: "--output <dir>", description: "where the files go (default: below .report)" },
  runs: { flags: "--runs <number>", description: "how often everything is measured (default: 3, and 1 for a drill)" },
  quick: { flags: "--quick", description: "less of everything: shows that it runs, measures nothing" },
  savePlan: { flags: "--save-plan <file>", description: "write down what up would do, for up --approved-plan" },
  approvedPlan: {
    flags: "--approved-plan <file>",
    description: "apply only if the preview is still the saved one; exit code 7 if it is not",
  },
  approvedDigest: {
    flags: "--approved-digest <sha256>",
    description: "with --approved-plan: the digest that was approved",
  },
  smoke: {
    flags: "--smoke",
    description:
      "afterwards ask what was deployed whether it works; if not, the previous revisions get their traffic back",
  },
  breakGlass: {
    flags: "--break-glass <reason>",
    description: "apply without review: opens an incident, pages, and asks for the review afterwards",
  },
} as const satisfies OptionTable;

export type SharedOptions = OptionValues<typeof sharedOptions>;

/** The part of the shared options that a command offers. */
export function sharedOption<const Names extends readonly (keyof typeof sharedOptions)[]>(
  ...names: Names
): Pick<typeof sharedOptions, Names[number]>;
export function sharedOption(...names: readonly (keyof typeof sharedOptions)[]): OptionTable {
  return Object.fromEntries(names.map((name) => [name, sharedOptions[name]]));
}

/** `--skip-preview` of its definition. */
export function longFlag({ flags }: OptionDefinition): string {
  return /--[a-z-]+/.exec(flags)?.[0] ?? flags;
}

export function takesValue({ flags }: OptionDefinition): boolean {
  return flags.includes("<");
}

/** Values as arguments that give them again, in the table's order: `["--stack", "dev", "--yes"]`. */
export function optionArguments(table: OptionTable, values: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(table).flatMap(([name, definition]) =>
    [values[name]].flat().flatMap((value) => {
      if (value === undefined || value === false) return [];
      return value === true ? [longFlag(definition)] : [longFlag(definition), String(value)];
    }),
  );
}
