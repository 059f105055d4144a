import fc from "fast-check";
import { type DatabaseName, databaseNames, type Name, names } from "./pair-host";
import type { PairWorld } from "./pair-world";

/** One thing that happens to a pair; printed as it is when a property fails. */
export type Happening =
  | { readonly what: "look"; readonly host: Name; readonly diesBeforeActing: boolean }
  | { readonly what: "replicate"; readonly host: Name; readonly isConfirmed: boolean }
  | {
      readonly what: "send" | "follow" | "write" | "place-late" | "put-by-hand";
      readonly host: Name;
      readonly database: DatabaseName;
    }
  | { readonly what: "crash" | "kill-replicate-agent" | "lose-role" | "start"; readonly host: Name }
  /** All agents of a host have a look, one after the other. */
  | { readonly what: "work"; readonly host: Name; readonly times: number }
  | { readonly what: "hand-over"; readonly to: Name }
  | { readonly what: "take"; readonly to: Name; readonly isLate: boolean }
  | { readonly what: "cut"; readonly host: Name; readonly isCutOff: boolean }
  | { readonly what: "clock"; readonly host: Name; readonly seconds: number }
  | { readonly what: "tick" | "settle" };

const host = fc.constantFrom<Name>("anvil", "forge");

const database = fc.constantFrom(...databaseNames);

function onHost<const What extends string>(what: What, weight: number) {
  return { weight, arbitrary: fc.record({ what: fc.constant(what), host }) };
}

function onDatabase<const What extends string>(what: What, weight: number) {
  return { weight, arbitrary: fc.record({ what: fc.constant(what), host, database }) };
}

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant("look" as const), host, diesBeforeActing: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ what: fc.constant("replicate" as const), host, isConfirmed: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({ what: fc.constant("work" as const), host, times: fc.integer({ min: 1, max: 4 }) }),
  },
  onDatabase("send", 5),
  onDatabase("follow", 6),
  onDatabase("write", 4),
  onDatabase("place-late", 1),
  onDatabase("put-by-hand", 1),
  { weight: 2, arbitrary: fc.record({ what: fc.constant("tick" as const) }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant("take" as const), to: host, isLate: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("hand-over" as const), to: host }) },
  onHost("crash", 1),
  onHost("kill-replicate-agent", 1),
  onHost("lose-role", 1),
  onHost("start", 2),
  { weight: 2, arbitrary: fc.record({ what: fc.constant("cut" as const), host, isCutOff: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant("clock" as const),
      host,
      seconds: fc.integer({ min: -9999, max: 9999 }),
    }),
  },
);

/** Mostly from a pair that is at work, sometimes from two hosts that have seen no lease yet. */
export const orders: fc.Arbitrary<readonly Happening[]> = fc
  .tuple(fc.nat(4), fc.array(happening, { minLength: 20, maxLength: 120, size: "max" }))
  .map(([first, happenings]) => (first === 0 ? happenings : [{ what: "settle" }, ...happenings]));

export function happen(world: PairWorld, next: Happening): void {
  switch (next.what) {
    case "look":
      world.look(next.host, next.diesBeforeActing);
      break;
    case "replicate":
      world.replicate(next.host, next.isConfirmed);
      break;
    case "work":
      for (let time = 0; time < next.times; time++) work(world, next.host);
      break;
    case "send":
      world.send(next.host, next.database);
      break;
    case "follow":
      world.follow(next.host, next.database);
      break;
    case "write":
      world.write(next.host, next.database);
      break;
    case "put-by-hand":
      world.putByHand(next.host, next.database);
      break;
    case "place-late":
      world.placeLate(next.host, next.database);
      break;
    case "crash":
      world.crash(next.host);
      break;
    case "kill-replicate-agent":
      world.killReplicateAgent(next.host);
      break;
    case "lose-role":
      world.loseRole(next.host);
      break;
    case "start":
      world.start(next.host);
      break;
    case "hand-over":
      world.askHandover(next.to);
      break;
    case "take":
      world.takeFor(next.to, next.isLate);
      break;
    case "cut":
      world.cut(next.host, next.isCutOff);
      break;
    case "clock":
      world.setClock(next.host, next.seconds);
      break;
    case "settle":
      settle(world);
      break;
    case "tick":
      world.tick();
      break;
  }
}

/** All agents of both hosts, often enough to come to rest. */
export function settle(world: PairWorld): void {
  for (const name of names) {
    world.start(name);
    world.cut(name, false);
  }
  for (let round = 0; round < 12; round++) {
    for (const name of names) work(world, name);
  }
}

function work(world: PairWorld, name: Name): void {
  world.look(name);
  world.replicate(name);
  for (const each of databaseNames) world.send(name, each);
  for (const each of databaseNames) world.follow(name, each);
  world.tick();
}
