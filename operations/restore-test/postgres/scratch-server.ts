import { accessSync, chownSync, constants, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { executableOnPath, type ProgramResult, runProgram } from "../../programs/external-program";
import { RestoreTestError } from "../test-report";

const superuser = "restore";

/** PostgreSQL refuses to run as root: then it runs as this user. */
const unprivileged = ["postgres", "nobody"];

/** A PostgreSQL server for one test: on a unix socket in a directory of its own, gone afterwards. */
export class ScratchServer {
  private constructor(
    private readonly bin: string,
    /** The directory of the socket: `PGHOST`. */
    readonly directory: string,
    private readonly as: readonly string[],
  ) {}

  /**
   * @param bin PostgreSQL's programs
   * @throws {RestoreTestError} when it does not start
   */
  static async start(bin: string): Promise<ScratchServer> {
    const directory = mkdtempSync(join(tmpdir(), "restore-test-pg-"));
    const server = new ScratchServer(bin, directory, await runUnprivileged(directory));
    const data = join(directory, "data");
    const initdb = ["-D", data, "-U", superuser, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"];
    const options = `-c listen_addresses= -c unix_socket_directories=${directory} -c fsync=off -c full_page_writes=off`;
    try {
      await server.#must("initdb", initdb);
      await server.#must("pg_ctl", ["-D", data, "-w", "-l", join(directory, "log"), "-o", options, "start"]);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  async stop(): Promise<void> {
    await this.#asServer("pg_ctl", ["-D", join(this.directory, "data"), "-m", "immediate", "stop"]);
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Runs a client program against the server. */
  client(program: "psql" | "createdb" | "pg_dump" | "pg_restore", args: readonly string[]): Promise<ProgramResult> {
    return runProgram(join(this.bin, program), args, { environment: this.environment, timeoutSeconds: 3600 });
  }

  /** The client's environment: this server's PG* variables, without inherited ones. */
  get environment(): NodeJS.ProcessEnv {
    const others = Object.entries(process.env).filter(([name]) => !name.startsWith("PG"));
    return { ...Object.fromEntries(others), PGHOST: this.directory, PGUSER: superuser, TZ: "UTC", LC_ALL: "C" };
  }

  async #must(program: string, args: readonly string[]): Promise<void> {
    const { exitCode, stderr, stdout } = await this.#asServer(program, args);
    if (exitCode === 0) return;
    const said = (stderr.trim() || stdout.trim()).split("\n").at(-1);
    throw new RestoreTestError(`no scratch PostgreSQL server: ${program} ended with exit code ${exitCode}: ${said}`);
  }

  #asServer(program: string, args: readonly string[]): Promise<ProgramResult> {
    const [first = "", ...rest] = [...this.as, join(this.bin, program), ...args];
    return runProgram(first, rest, { environment: this.environment, directory: this.directory });
  }
}

async function runUnprivileged(directory: string): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) return [];
  for (const user of unprivileged) {
    const ids = await Promise.all(["-u", "-g"].map((flag) => runProgram("id", [flag, user])));
    const [uid, gid] = ids.map(({ stdout }) => Number(stdout.trim()));
    if (uid === undefined || gid === undefined || ids.some(({ exitCode }) => exitCode !== 0)) continue;
    chownSync(directory, uid, gid);
    return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--"];
  }
  throw new RestoreTestError(`PostgreSQL does not run as root, and there is neither ${unprivileged.join(" nor ")}`);
}

const needed = ["initdb", "pg_ctl", "psql", "createdb", "pg_dump", "pg_restore"] as const;

/**
 * The directory of PostgreSQL's programs, server and clients: `PGBIN`, that of `initdb` on the PATH, or the newest that Debian or
 * Homebrew installed. Undefined when there is none.
 */
export function findPostgresPrograms(
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
