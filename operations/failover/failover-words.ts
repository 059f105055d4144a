/** The options of `npm run failover`. Absent ones are the program's defaults. */
export interface FailoverOptions {
  readonly to?: string;
  readonly planned?: boolean;
  readonly back?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly reason?: string;
  readonly timeout?: string;
  readonly acceptLag?: string;
  readonly acceptIncomplete?: boolean;
  readonly acceptUnhealthy?: boolean;
  readonly primaryIsLost?: boolean;
  readonly withoutName?: boolean;
}

const flags = {
  planned: "--planned",
  back: "--back",
  dryRun: "--dry-run",
  yes: "--yes",
  json: "--json",
  acceptIncomplete: "--accept-incomplete",
  acceptUnhealthy: "--accept-unhealthy",
  primaryIsLost: "--primary-is-lost",
  withoutName: "--without-name",
} as const;
const values = { to: "--to", reason: "--reason", timeout: "--timeout", acceptLag: "--accept-lag" } as const;

/** The options as words of the program on the hosts. */
export function failoverWords(options: FailoverOptions): readonly string[] {
  const given = (name: keyof typeof flags): boolean => options[name] === true;
  return [
    "failover",
    ...namesOf(values).flatMap((name) => {
      const value = options[name];
      return value === undefined ? [] : [values[name], value];
    }),
    ...namesOf(flags)
      .filter(given)
      .map((name) => flags[name]),
  ];
}

function namesOf<T extends object>(table: T): readonly (keyof T)[] {
  return Object.keys(table).filter((name): name is string & keyof T => name in table);
}
