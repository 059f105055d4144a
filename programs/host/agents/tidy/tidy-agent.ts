import { pause } from "../../../../lib/retry";
import type { HostSettings } from "../../host-settings";
import { storeProblem } from "../../lease/blob-lease-store";
import { readRole } from "../../lease/role-file";
import type { Agent } from "../agents";
import { StoreConnection } from "../store-connection";
import { asideFolders, removableFolders, removeFolder } from "./aside-folders";
import { isConfirmedPrimary, StoppedError, TermRemoval } from "./term-removal";
import { readTidy, type TidyFile, writeTidy } from "./tidy-file";

const lookEverySeconds = 60;
const everyMs = 86_400_000;
/** After something failed, or was interrupted. */
const againMs = 3_600_000;
/** A hundred thousand files take an hour and a half, and replication does not notice. */
const deletionsPerSecond = 20;

/** Once a day removes what failovers left behind and is not needed any more: on this host, and on the primary also in the store. */
export const tidyAgent: Agent = async ({ settings, signal, say }) => {
  while (!signal.aborted) {
    if (isDue(readTidy(settings.root), Date.now())) await tidy(settings, signal, say);
    await pause(lookEverySeconds * 1000, signal);
  }
};

/** A clock that was set back does not put it off. */
export function isDue(last: Pick<TidyFile, "at" | "done"> | undefined, now: number): boolean {
  if (last === undefined) return true;
  const age = now - Date.parse(last.at);
  return !(age >= 0 && age < (last.done ? everyMs : againMs));
}

/** Does it once, and says in `state/tidy.json` how far it came. */
export async function tidy(
  settings: HostSettings,
  signal: AbortSignal,
  say: (line: string) => void,
  perSecond = deletionsPerSecond,
): Promise<void> {
  const before = readTidy(settings.root);
  const next = { asideSeen: before?.asideSeen ?? {}, unclaimed: before?.unclaimed };
  const done = await attempt(say, async () => {
    const { lease, positions, takeovers } = await new StoreConnection(settings).open();
    const { now, records } = await takeovers.all();
    const isAsideDone = await attempt(say, async () => {
      next.asideSeen = await tidyAside(settings, next.asideSeen, now, say);
    });
    if (isConfirmedPrimary(settings)) {
      const removal = { settings, lease, positions, takeovers, records, now, perSecond, signal, say };
      next.unclaimed = await new TermRemoval(removal).run();
      for (const { path, database, why } of next.unclaimed.replicas) {
        say(`${database}: its replica in ${path} stays: ${why}`);
      }
    }
    if (!isAsideDone) throw new StoppedError("something is left in aside/");
  });
  writeTidy(settings.root, { at: new Date().toISOString(), done, ...next });
}

/** @returns whether it went well */
async function attempt(say: (line: string) => void, act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    say(`not tidied: ${error instanceof StoppedError ? error.message : storeProblem(error)}`);
    return false;
  }
}

/** @returns what is to be remembered */
async function tidyAside(
  { root, leftovers }: HostSettings,
  before: Readonly<Record<string, string>>,
  now: number,
  say: (line: string) => void,
): Promise<Record<string, string>> {
  const { role } = readRole(root);
  // In between two roles, files are being moved there.
  if (role !== "primary" && role !== "standby") return { ...before };
  const { goes, seen } = removableFolders(asideFolders(root), before, leftovers?.asideDays, now);
  for (const name of goes) {
    await removeFolder(root, name);
    say(`removed aside/${name}: nothing of it was unsent, for ${leftovers?.asideDays} days`);
  }
  return Object.fromEntries(Object.entries(seen).filter(([name]) => !goes.includes(name)));
}
