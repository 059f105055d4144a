import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { executableOnPath, isExecutable, MissingProgramError, runProgram } from "./external-program";

/** The release that the generated configurations are written for. Earlier ones stall silently. */
export const litestreamVersion = "0.5.16";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds Litestream: `LITESTREAM`, the `PATH`, the cache of an earlier build; builds it there with `go install` where Go is.
 *
 * @param cache where a built one is kept, for example `.drill`
 * @returns the absolute path
 * @throws {MissingProgramError} saying what to install
 */
export async function findLitestream(cache: string, environment: Environment = process.env): Promise<string> {
  const built = join(cache, `litestream-${litestreamVersion}`);
  const named = environment.LITESTREAM;
  if (named !== undefined && named !== "") {
    if (isExecutable(named)) return named;
    throw new MissingProgramError(`LITESTREAM names ${named}, which is no executable file`);
  }
  const found = executableOnPath("litestream", environment) ?? [join(built, "litestream")].find(isExecutable);
  if (found !== undefined) return found;
  const go = executableOnPath("go", environment);
  if (go === undefined) throw missingLitestream("and there is no Go on the PATH to build it with");
  mkdirSync(built, { recursive: true });
  const { exitCode, stderr } = await runProgram(
    go,
    ["install", `github.com/benbjohnson/litestream/cmd/litestream@v${litestreamVersion}`],
    { environment: { ...environment, GOBIN: built, CGO_ENABLED: "0" }, timeoutSeconds: 600 },
  );
  if (exitCode === 0) return join(built, "litestream");
  throw missingLitestream(`and go install failed:\n${stderr.trim()}`);
}

function missingLitestream(why: string): MissingProgramError {
  return new MissingProgramError(
    [
      `Litestream ${litestreamVersion} is needed ${why}.`,
      "  Install it (brew install litestream, or https://github.com/benbjohnson/litestream/releases), or install Go,",
      "  or name an executable: LITESTREAM=/path/to/litestream npm run drill",
    ].join("\n"),
  );
}
