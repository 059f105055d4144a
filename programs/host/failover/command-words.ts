/** The options of `failover`, as they were typed. */
export interface FailoverWords {
  readonly to?: string;
  readonly planned: boolean;
  readonly back: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  readonly reason?: string;
  readonly timeout: number;
  readonly acceptLag: number;
  readonly acceptIncomplete: boolean;
  readonly acceptUnhealthy: boolean;
  readonly primaryIsLost: boolean;
  readonly withoutName: boolean;
  readonly settings: string;
}

/** The options of `status`. */
export interface StatusWords {
  readonly json: boolean;
  readonly settings: string;
}

/** The options of `inference`. */
export interface InferenceWords {
  readonly avoid?: string;
  readonly minutes?: number;
  readonly automatic: boolean;
  readonly settings: string;
}
