import { existsSync, mkdirSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { executableOnPath, isExecutable, MissingProgramError, runProgram } from "./external-program";

/** The release of the Pulumi CLI that the sandbox is compared with: the recorded runs are its. */
export const pulumiVersion = "3.260.0";

/** Where a Pulumi CLI that was built here is kept, whether it is there or not. */
function builtPulumi(cache: string): string {
  return join(cache, `pulumi-${pulumiVersion}`, "pulumi");
}

/** The Pulumi CLI that was built here, or the one on the PATH. */
export function findPulumi(cache: string): string | undefined {
  return [builtPulumi(cache)].find(isExecutable) ?? executableOnPath("pulumi");
}

const repository = join(__dirname, "..", "..");
const languageHost = "pulumi-language-nodejs";

/**
 * A PATH on which the real engine finds itself, the emulated clouds and a language host.
 *
 * @param pulumi the executable; one that Pulumi installed has its language hosts beside it, and they are used
 */
export function pathWithPulumi(
  pulumi: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const hasHost =
    existsSync(join(dirname(realpathSync(pulumi)), languageHost)) ||
    executableOnPath(languageHost, environment) !== undefined;
  const hosts = hasHost ? [] : [join(repository, "test", "real-engine", "bin")];
  return [dirname(pulumi), join(repository, "sandbox", "bin"), ...hosts, environment.PATH ?? ""].join(delimiter);
}

export interface BuildRequest {
  /** A directory, for example `.drill`. */
  readonly cache: string;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Builds the Pulumi CLI from its Go module, which is where this version can be had without a download page; once, about 5 minutes on two
 * cores with nothing else to do.
 *
 * @returns the absolute path
 * @throws {MissingProgramError} saying what to install
 */
export async function buildPulumi({ cache, say, signal, environment = process.env }: BuildRequest): Promise<string> {
  const built = builtPulumi(cache);
  if (existsSync(built)) return built;
  const go = executableOnPath("go", environment);
  if (go === undefined) {
    throw new MissingProgramError(
      `The Pulumi CLI ${pulumiVersion} is built with Go, and there is no go on the PATH. Install Go 1.25 or later (https://go.dev/dl)`,
    );
  }
  const directory = join(cache, `pulumi-${pulumiVersion}`, "module");
  mkdirSync(directory, { recursive: true });
  // A module of its own: the CLI's says what it replaces, which `go install` refuses.
  const requirement = `require github.com/pulumi/pulumi/pkg/v3 v${pulumiVersion}`;
  writeFileSync(join(directory, "go.mod"), `module real-engine\n\ngo 1.25.0\n\n${requirement}\n`);
  say(`building the Pulumi CLI ${pulumiVersion}, which takes minutes the first time`);
  const { exitCode, stderr } = await runProgram(
    go,
    ["build", "-mod=mod", "-v", "-o", "pulumi", ...linked, mainPackage],
    {
      directory,
      environment: { ...environment, CGO_ENABLED: "0", GOFLAGS: "" },
      timeoutSeconds: 3600,
      onStart: (pid) => signal?.addEventListener("abort", () => process.kill(-pid)),
      onOutput: progress(say),
    },
  );
  signal?.throwIfAborted();
  if (exitCode !== 0) {
    throw new MissingProgramError(`The Pulumi CLI ${pulumiVersion} cannot be built:\n${lastLines(stderr)}`);
  }
  renameSync(join(directory, "pulumi"), built);
  return built;
}

const mainPackage = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";

const linked = [
  "-ldflags",
  `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pulumiVersion}`,
] as const;

/** Milliseconds between two lines that say how far it is. */
const progressEvery = 15_000;

/** Go writes a line for each module that it downloads and for each package that it compiles; their number is not known before. */
function progress(say: (line: string) => void): (text: string) => void {
  const counted = { downloaded: 0, compiled: 0 };
  let said = Date.now();
  return (text) => {
    for (const line of text.split("\n")) {
      if (line.startsWith("go: downloading ")) counted.downloaded += 1;
      else if (line !== "" && !line.startsWith("go: ")) counted.compiled += 1;
    }
    if (Date.now() - said < progressEvery) return;
    said = Date.now();
    say(`  ${counted.downloaded} modules downloaded, ${counted.compiled} packages compiled`);
  };
}

/** Without what it says of modules that it found. */
function lastLines(text: string): string {
  const lines = text
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^go: (downloading|found|finding) /.test(line));
  return lines.slice(-10).join("\n");
}
