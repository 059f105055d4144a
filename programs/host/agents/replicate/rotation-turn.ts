import type { HostSettings } from "../../host-settings";
import { lives } from "../child";
import { type ReplicationFile, readReplication } from "./replication-file";

/** How long each policy's process waits for each policy before it, then it goes on. */
const patienceMs = 30_000;

/**
 * When new credentials come, the policies change to them one after the other, the least important first: Litestream cannot run twice on
 * one path, so each has a gap of seconds, and what the others would show to be wrong does not reach the most important.
 */
export class RotationTurn {
  private readonly ahead: readonly string[];
  private waitsFor: readonly string[] = [];
  private asked: { readonly secretsAt: string | undefined; readonly at: number } | undefined;

  constructor(
    private readonly settings: HostSettings,
    policy: string,
  ) {
    const policies = settings.replication.map((process) => process.policy);
    this.ahead = policies.slice(policies.indexOf(policy) + 1);
  }

  /**
   * Whether it is this policy's turn to change.
   *
   * @param secretsAt when the secrets file with the new credentials was written
   * @param now milliseconds on a clock that is never set
   */
  hasCome(secretsAt: string | undefined, now = performance.now()): boolean {
    if (this.asked === undefined || this.asked.secretsAt !== secretsAt) this.asked = { secretsAt, at: now };
    const isPatient = now - this.asked.at <= this.ahead.length * patienceMs;
    this.waitsFor = this.ahead.filter(
      (policy) => isPatient && !isThrough(readReplication(this.settings.root, policy), secretsAt),
    );
    return this.waitsFor.length === 0;
  }

  /** There is nothing to change, or the change is done. */
  over(): void {
    this.waitsFor = [];
  }

  /** Why Litestream does not have the new credentials yet. */
  get problem(): string | undefined {
    if (this.waitsFor.length === 0) return undefined;
    return `new credentials: those from before are used until ${this.waitsFor.join(" and ")} sends with the new ones`;
  }
}

function isThrough(state: ReplicationFile | undefined, secretsAt: string | undefined): boolean {
  if (state === undefined || !lives(state.agent)) return true;
  return state.secretsAt === secretsAt && state.reaches === true;
}
