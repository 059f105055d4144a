import { StackLocked } from "../../../deployment/state-errors";
import type { DeploymentDocument } from "./deployment-document";
import { type StateJournal, silentJournal } from "./state-journal";
import type { StateStore } from "./state-store";

/** State that lives as long as this object, for tests. It holds the document as text, as a file would. */
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
