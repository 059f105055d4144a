/** What a person asked for. */
export interface FailoverRequest {
  /** The host that shall be primary. */
  readonly to: string;
  /** The primary is asked to stop and to send everything first; nothing is lost. */
  readonly planned: boolean;
  /** Goes into the lease. @example "anvil is gone" */
  readonly reason: string;
  readonly accepted: AcceptedRisks;
  /** How long a step may wait. @default 120 */
  readonly timeoutSeconds: number;
}

/** What a check would refuse and a person takes upon themselves. */
export interface AcceptedRisks {
  /** Data of the last seconds that may be lost. @default 60 */
  readonly lagSeconds: number;
  /** Databases that are not followed are lost as far as the standby has them. */
  readonly incomplete: boolean;
  /** The standby's own health says no. */
  readonly unhealthy: boolean;
  /** The primary answers, and is replaced all the same: what it has not sent is set aside there. */
  readonly primaryIsLost: boolean;
  /** The record is switched by hand. */
  readonly withoutName: boolean;
}
