/** What a Pulumi project says of itself (`Pulumi.yaml`), resolved to absolute paths. */
export interface Project {
  readonly name: string;
  /** The directory that holds `Pulumi.yaml`. */
  readonly root: string;
  /** The file or directory that is run: `main`, or the root. */
  readonly main: string;
}

export interface ConfigValue {
  readonly value: string;
  readonly secret: boolean;
  /** The encrypted texts of a secret that is a map or a list, where the rest of it is plain. Default: the value as a whole. */
  readonly secretTexts?: readonly string[];
}

export type OperationKind = "preview" | "up" | "refresh" | "destroy";

/** How an operation ended, on either engine. */
export interface OperationResult {
  readonly result: "succeeded" | "failed" | "cancelled";
  /** Why it failed, for the exit code: what a person must do differs. */
  readonly failure: "program" | "policy" | "resource" | "changes" | "other" | undefined;
  /** Counts by operation, as in the summary event: `{ create: 3, same: 5 }`. */
  readonly changes: Readonly<Record<string, number>>;
}
