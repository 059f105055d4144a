import {
  type FailoverOptionName,
  failoverOptionRows,
  failoverOptions,
} from "../../programs/host/failover/failover-options";

/** The options of `npm run failover`: those of the program on the hosts. */
export { failoverOptions };

export const failoverOptionNames = failoverOptionRows.map(({ name }) => name);

/** The options as they were typed. Absent ones are the program's defaults. */
export type TypedFailoverOptions = {
  readonly [N in FailoverOptionName]?: (typeof failoverOptions)[N]["takes"] extends "flag" ? boolean : string;
};

/** The options as arguments of the program on the hosts. */
export function failoverArguments(options: TypedFailoverOptions): readonly string[] {
  const args = failoverOptionRows.flatMap(({ name, flags }) => {
    const flag = flags.split(/[ ,]+/).find((part) => part.startsWith("--")) ?? "";
    const value = options[name];
    if (value === undefined || value === false) return [];
    return value === true ? [flag] : [flag, value];
  });
  return ["failover", ...args];
}
