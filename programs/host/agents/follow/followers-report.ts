import type { FollowersFile } from "../../followers-file";
import { stateFile, writeState } from "../state-file";
import type { Follower } from "./follower";

/** A state that changes is told each second, one that does not every five. */
const changedEveryMs = 1000;
const sameEveryMs = 5000;

/** Tells the health agent how the followers are, in `state/followers.json`. */
export class FollowersReport {
  private written = { text: "", at: 0 };

  constructor(private readonly root: string) {}

  /** @param problem of all of them */
  write(term: number, path: string, followers: readonly Follower[], problem: string | undefined): void {
    const databases = Object.fromEntries(followers.map((follower) => [follower.name, follower.state]));
    const text = JSON.stringify([databases, problem]);
    const now = Date.now();
    if (now - this.written.at < (text === this.written.text ? sameEveryMs : changedEveryMs)) return;
    this.written = { text, at: now };
    const file: FollowersFile = { term, path, at: new Date(now).toISOString(), problem, databases };
    writeState(stateFile(this.root, "followers.json"), file);
  }
}
