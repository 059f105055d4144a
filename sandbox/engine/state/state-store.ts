import { StackLocked } from "../../../deployment/state-errors";
import type { DeploymentDocument } from "./deployment-document";
import { type StateJournal, silentJournal } from "./state-journal";

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

/** State that lives as long as this object, for rehearsals and tests. It holds the document as text, as a file would. */
export class MemoryStateStore implements StateStore {
  readonly location: string;
  private text: string | undefined;
  private locked = false;

  constructor(readonly stack: string) {
    this.location = `the state of ${stack} in memory`;
  }

  async load(): Promise<DeploymentDocument | undefined> {
    return this.text === undefined ? undefined : JSON.parse(this.text);
  }

  async lock(): Promise<() => Promise<void>> {
    if (this.locked) throw new StackLocked(`${this.location}: another operation of this process is running on it`);
    this.locked = true;
    return async () => {
      this.locked = false;
    };
  }

  async openJournal(): Promise<StateJournal> {
    return silentJournal;
  }

  async save(document: DeploymentDocument): Promise<void> {
    this.text = JSON.stringify(document);
  }

  async remove(): Promise<void> {
    this.text = undefined;
  }
}
