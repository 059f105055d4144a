import type { DeploymentDocument } from "./deployment-document";
import type { StateJournal } from "./state-journal";

/** Where one stack's state lives. */
export interface StateStore {
  readonly stack: string;
  /** Named in messages: the file, for a store on disk. */
  readonly location: string;
  /** What is stored, with what an interrupted operation noted; undefined when the stack was never deployed. */
  load(): Promise<DeploymentDocument | undefined>;
  /** Keeps other operations out until the result is called. Throws {@link StackLocked}. */
  lock(command: string): Promise<() => Promise<void>>;
  /** Where an operation notes its steps, so that nothing is lost when the process dies. */
  openJournal(): Promise<StateJournal>;
  /** Replaces what is stored, at once or not at all, and forgets the journal. */
  save(document: DeploymentDocument): Promise<void>;
  /** Forgets the stack. */
  remove(): Promise<void>;
}
