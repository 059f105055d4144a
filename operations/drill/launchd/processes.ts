import { execFileSync } from "node:child_process";
import { errorCode } from "../../../lib/file-access";

interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
}

/** How often the list of processes is read until none is left. */
const listings = 100;
const betweenListingsMs = 50;

/**
 * Kills the processes that were started for a directory, and what they started. Does not wait for events.
 *
 * @param directory absolute; its name is nobody else's
 * @param recorded ids of processes that were started for it. One may belong to somebody else by now: only those count that name the
 *   directory on their command line, or whose group is recorded and that do
 * @returns how many were ended, who is left, and who else names the directory: somebody who looks into it, or what was started in the
 *   moment before its number could be recorded
 */
export function endProcesses(
  directory: string,
  recorded: readonly number[],
): { readonly ended: number; readonly left: readonly number[]; readonly others: readonly number[] } {
  const halted = new Set<number>();
  for (let listing = 0; ; listing += 1) {
    const left = findOwnProcesses(directory, new Set(recorded));
    if (left.length === 0 || listing === listings)
      return { ended: halted.size - left.length, left, others: findOthersNaming(directory, left) };
    const unseen = left.filter((pid) => !halted.has(pid));
    // What is killed while it starts a child leaves one that nobody recognises. What stands still starts none.
    for (const pid of unseen.length > 0 ? unseen : left) {
      signalProcess(pid, unseen.length > 0 ? "SIGSTOP" : "SIGKILL");
      halted.add(pid);
    }
    if (unseen.length === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, betweenListingsMs);
  }
}

function findOwnProcesses(directory: string, recorded: ReadonlySet<number>): readonly number[] {
  if (recorded.size === 0) return [];
  const all = listRunningProcesses();
  const own = new Set<number>();
  const isStarted = ({ pid, group, command }: RunningProcess) =>
    (recorded.has(pid) || recorded.has(group)) && isNamedIn(command, directory);
  for (const one of all) if (isStarted(one)) own.add(one.pid);
  for (let before = -1; before !== own.size; ) {
    before = own.size;
    for (const { pid, parent } of all) if (own.has(parent)) own.add(pid);
  }
  own.delete(process.pid);
  return [...own];
}

function findOthersNaming(directory: string, left: readonly number[]): readonly number[] {
  return listRunningProcesses().flatMap(({ pid, command }) =>
    isNamedIn(command, directory) && pid !== process.pid && !left.includes(pid) ? [pid] : [],
  );
}

/** Whether it, or something in it, is on a command line: another directory's name may begin with it. */
function isNamedIn(command: string, directory: string): boolean {
  const [, ...rests] = command.split(directory);
  return rests.some((rest) => /^([/\s]|$)/.test(rest));
}

/** This user's processes that have not ended. Asks `ps`, which macOS and Linux have. */
function listRunningProcesses(): readonly RunningProcess[] {
  const user = String(process.getuid?.());
  const fields = ["pid", "ppid", "pgid", "uid", "stat", "args"].flatMap((field) => ["-o", `${field}=`]);
  const text = execFileSync("ps", ["-A", "-ww", ...fields], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return text.split("\n").flatMap((line) => {
    const [, pid, parent, group, uid, state, command] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (command === undefined || uid !== user || state?.startsWith("Z")) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), command }];
  });
}

/** Sends a signal to a process. A process that is gone already is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}

/** All processes that descend from these, and these. Asks `ps`, which macOS and Linux have. */
export function processTree(roots: readonly number[]): readonly number[] {
  const children = new Map<number, number[]>();
  for (const line of execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).split("\n")) {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    if (pid === undefined || parent === undefined || Number.isNaN(parent)) continue;
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  const queue = [...roots];
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    found.push(pid);
    queue.push(...(children.get(pid) ?? []));
  }
  return found;
}
