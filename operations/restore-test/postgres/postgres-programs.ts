import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { executableOnPath } from "../../programs/litestream-program";

const needed = ["initdb", "pg_ctl", "psql", "createdb", "pg_dump", "pg_restore"] as const;

/**
 * The directory of PostgreSQL's programs, server and clients: `PGBIN`, that of `initdb` on the PATH, or the newest that Debian or
 * Homebrew installed. Undefined when there is none.
 */
export function postgresPrograms(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const onPath = executableOnPath("initdb", environment);
  const installed = [
    ...versions("/usr/lib/postgresql", /^\d+$/).map((version) => join("/usr/lib/postgresql", version, "bin")),
    ...versions("/opt/homebrew/opt", /^postgresql@\d+$/).map((name) => join("/opt/homebrew/opt", name, "bin")),
  ];
  return [environment.PGBIN, onPath && dirname(onPath), ...installed].find(
    (path) => path !== undefined && isComplete(path),
  );
}

function versions(directory: string, pattern: RegExp): readonly string[] {
  if (!existsSync(directory)) return [];
  const number = (name: string) => Number(/\d+$/.exec(name)?.[0]);
  return readdirSync(directory)
    .filter((name) => pattern.test(name))
    .sort((one, other) => number(other) - number(one));
}

function isComplete(directory: string): boolean {
  return needed.every((name) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
