import type { Takeover } from "../../../programs/host/lease/takeover-record";
import type { DatabaseName, Name, Replica } from "./pair-host";

/** What a pair's store has, beside the lease. */
export class PairStore {
  private readonly paths = new Map<
    string,
    { readonly term: number; readonly writers: Set<Name>; readonly databases: Map<DatabaseName, Replica> }
  >();
  readonly takeovers = new Map<number, Takeover>();

  /** @returns whether the path has one writer */
  put(path: string, writer: Name, database: DatabaseName, replica: Replica): boolean {
    const term = Number(/term-(\d+)-/.exec(path)?.[1]);
    const known = this.paths.get(path) ?? { term, writers: new Set(), databases: new Map() };
    known.writers.add(writer);
    known.databases.set(database, replica);
    this.paths.set(path, known);
    return known.writers.size === 1;
  }

  replica(path: string, database: DatabaseName): Replica | undefined {
    return this.paths.get(path)?.databases.get(database);
  }

  /** The newest first. */
  terms(): readonly { readonly term: number; readonly path: string }[] {
    return [...this.paths].map(([path, { term }]) => ({ term, path })).sort((one, other) => other.term - one.term);
  }

  /** The newest first. */
  takeoversSince(term: number, newest: number): readonly Takeover[] {
    return [...this.takeovers]
      .filter(([of]) => of > term && of <= newest)
      .sort(([one], [other]) => other - one)
      .map(([, takeover]) => takeover);
  }

  rows(): readonly number[] {
    return [...this.paths.values()].flatMap(({ databases }) => [...databases.values()].flatMap(({ rows }) => rows));
  }
}
