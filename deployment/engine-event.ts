import type { EngineEvent as SdkEngineEvent } from "@pulumi/pulumi/automation";

/** The event kinds that the engine emits and the SDK's type does not list (see `test/fixtures/real-engine/README.md`). */
export interface PolicyEvents {
  readonly policyLoadEvent?: Record<string, never>;
  readonly policyAnalyzeSummaryEvent?: PolicySummaryEvent;
  readonly policyRemediateSummaryEvent?: PolicySummaryEvent;
  readonly policyAnalyzeStackSummaryEvent?: Omit<PolicySummaryEvent, "resourceUrn">;
}

export interface PolicySummaryEvent {
  readonly resourceUrn: string;
  readonly policyPackName: string;
  readonly policyPackVersion: string;
  readonly policyPackVersionTag: string;
  readonly passed?: readonly string[];
  readonly failed?: readonly string[];
}

export type EngineEvent = SdkEngineEvent & PolicyEvents;
