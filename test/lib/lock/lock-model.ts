import { releaseSteps, type Step, takeSteps } from "../../../lib/lock/lock-file.cjs";

/** A process between two steps: which attempt it is in, what its steps were answered so far, and how far the attempt is. */
interface Contender {
  readonly attempt: number;
  readonly state: "taking" | "holding" | "releasing";
  readonly answers: readonly unknown[];
}

/** All that there is: files by path, living processes by number. */
interface Model {
  readonly files: ReadonlyMap<string, string>;
  readonly living: ReadonlyMap<number, Contender>;
  readonly kills: number;
}

export interface Moves {
  /** Processes that want the lock. */
  readonly contenders: number;
  /** How often each tries to get it, one attempt after the other. */
  readonly attempts: number;
  /** How many of them are killed, at any step. */
  readonly kills: number;
  /** The protocol. Default: the one in use. A broken one shows that the model finds fault. */
  readonly take?: typeof takeSteps;
}

export interface Outcome {
  /** States visited. */
  readonly states: number;
  /** Processes killed on the way. */
  readonly kills: number;
  /** The first fault that was met. */
  readonly fault: string | undefined;
}

const lock = "/lock";
const draftOf = (number: number) => `${lock}.draft-${number}`;
const fresh = (attempt: number): Contender => ({ attempt, state: "taking", answers: [] });

/** Contenders numbered from 1 at their first step, and the lock of a process that is dead, number 0. */
function start(moves: Moves): Model {
  let model: Model = { files: new Map(), living: new Map([[0, fresh(1)]]), kills: 0 };
  while (model.living.get(0)?.state === "taking") model = advance(model, 0, moves);
  const living = Array.from({ length: moves.contenders }, (_, index) => [index + 1, fresh(1)] as const);
  return { ...model, living: new Map(living) };
}

/** One step of one process. What it does with its own draft, which nobody else looks at, counts to the step before or after. */
function advance(model: Model, number: number, { attempts, take = takeSteps }: Moves): Model {
  const contender = model.living.get(number) ?? fresh(1);
  const becomes = (changed: Contender | undefined, files = model.files): Model => {
    const living = new Map(model.living);
    if (changed === undefined) living.delete(number);
    else living.set(number, changed);
    return { ...model, files, living };
  };
  if (contender.state === "holding") return becomes({ ...contender, state: "releasing" });
  const text = `${number}/${contender.attempt}`;
  const draft = draftOf(number);
  const steps = contender.state === "taking" ? take(lock, text, draft) : releaseSteps(lock, text);
  let next = steps.next();
  for (const answer of contender.answers) next = steps.next(answer);
  if (!next.done) {
    const files = new Map(model.files);
    const answers = [...contender.answers];
    const isPrivate = ([name, path]: Step) => path === draft && name !== "link";
    let shared = false;
    while (!next.done && (!shared || isPrivate(next.value))) {
      shared ||= !isPrivate(next.value);
      answers.push(perform(next.value, files, model.living));
      next = steps.next(answers.at(-1));
    }
    return becomes({ ...contender, answers }, files);
  }
  if (contender.state === "taking" && next.value === undefined) {
    return becomes({ ...contender, state: "holding", answers: [] });
  }
  return becomes(contender.attempt < attempts ? fresh(contender.attempt + 1) : undefined);
}

function perform([name, path, other = ""]: Step, files: Map<string, string>, living: Model["living"]): unknown {
  switch (name) {
    case "read":
      return files.get(path);
    case "create":
      return void files.set(path, other);
    case "link":
      if (files.has(other)) return false;
      files.set(other, existing(files, path));
      return true;
    case "rename":
      files.set(other, existing(files, path));
      return void files.delete(path);
    case "remove":
      return void files.delete(path);
    case "successors":
      return [...files.keys()].filter((file) => file.startsWith(`${path}.after-`));
    case "isDead":
      return !living.has(Number(path.split("/")[0]));
  }
}

function existing(files: ReadonlyMap<string, string>, path: string): string {
  const text = files.get(path);
  if (text === undefined) throw new Error(`${path} is not there`);
  return text;
}

/** Nobody looks at what the dead had written aside, so that it need not be told apart whether they had. */
function kill({ files, living, kills }: Model, number: number): Model {
  return { files: without(files, draftOf(number)), living: without(living, number), kills: kills + 1 };
}

function without<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): ReadonlyMap<Key, Value> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

/** What is wrong with a state; undefined when nothing is. */
function findFault(model: Model, moves: Moves): string | undefined {
  const owners = [...model.living.values()].filter(({ state }) => state === "holding").length;
  if (owners > 1) return `${owners} owners`;
  if (model.living.size > 0) return undefined;
  // Everybody is gone, so whoever comes must get the lock, whatever was left lying about.
  let late: Model = { ...model, living: new Map([[-1, fresh(1)]]) };
  for (let step = 0; step < 100; step++) {
    const state = late.living.get(-1)?.state;
    if (state === "holding") return undefined;
    if (state === undefined) return "a lock that nobody can take";
    late = advance(late, -1, { ...moves, attempts: 1 });
  }
  return "an attempt without an end";
}

/** The same for two models that nothing tells apart. */
function keyOf({ files, living, kills }: Model): string {
  const processes = [...living].map(
    ([number, { attempt, state, answers }]) => `${number}:${attempt}${state}${answers.join()}`,
  );
  return [kills, ...[...files].map(([path, text]) => `${path}=${text}`).sort(), ...processes.sort()].join(" ");
}

/** Visits every state that any order of steps and kills leads to. */
export function explore(moves: Moves): Outcome {
  const seen = new Set<string>();
  const left = [start(moves)];
  let kills = 0;
  for (let model = left.pop(); model !== undefined; model = left.pop()) {
    const key = keyOf(model);
    if (seen.has(key)) continue;
    seen.add(key);
    const fault = findFault(model, moves);
    if (fault !== undefined) return { states: seen.size, kills, fault };
    for (const number of model.living.keys()) {
      left.push(advance(model, number, moves));
      if (model.kills === moves.kills) continue;
      kills++;
      left.push(kill(model, number));
    }
  }
  return { states: seen.size, kills, fault: undefined };
}

/** Lets processes take steps at random and kills them now and then, each succeeded by a new one, until so many were killed. */
export function wander(moves: Moves, random: () => number): Outcome {
  let model = start(moves);
  let states = 0;
  for (let newest = moves.contenders; model.kills < moves.kills; states++) {
    const numbers = [...model.living.keys()];
    const number = numbers[Math.floor(random() * numbers.length)];
    if (number === undefined || numbers.length < moves.contenders) {
      model = { ...model, living: new Map([...model.living, [++newest, fresh(1)]]) };
    } else model = random() < 0.05 ? kill(model, number) : advance(model, number, moves);
    const fault = findFault(model, moves);
    if (fault !== undefined) return { states, kills: model.kills, fault };
  }
  return { states, kills: model.kills, fault: undefined };
}
