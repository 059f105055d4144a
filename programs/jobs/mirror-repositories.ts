// Writes every repository, with all its branches and tags, as a git bundle to the backup store. Needs git on the PATH.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeBlob } from "./blob-store";
import { messageOf, runJob, text, texts } from "./job";

const server = process.env.GIT_SERVER ?? "https://github.com";

runJob(async () => {
  const date = new Date().toISOString().slice(0, 10);
  const failures: string[] = [];
  for (const repository of texts("REPOSITORIES")) {
    const directory = mkdtempSync(join(tmpdir(), "mirror-"));
    try {
      const bundle = bundleRepository(repository, directory);
      await writeBlob(`${repository}/${date}.bundle`, bundle);
      console.log(`${repository}: ${bundle.length} bytes`);
    } catch (error) {
      failures.push(repository);
      console.error(`${repository}: ${messageOf(error)}`);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  if (failures.length > 0) throw new Error(`not mirrored: ${failures.join(", ")}`);
});

function bundleRepository(repository: string, directory: string): Buffer {
  const mirror = join(directory, "mirror.git");
  const bundle = join(directory, "repository.bundle");
  git(["clone", "--quiet", "--mirror", `${server}/${text("OWNER")}/${repository}.git`, mirror]);
  git(["-C", mirror, "bundle", "create", "--quiet", bundle, "--all"]);
  git(["-C", mirror, "bundle", "verify", "--quiet", bundle]);
  return readFileSync(bundle);
}

/** The token goes to git through its environment, so that it is in no process list and in no file. */
function git(args: readonly string[]): void {
  const credentials = Buffer.from(`x-access-token:${text("GIT_TOKEN")}`).toString("base64");
  execFileSync("git", args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      GIT_TERMINAL_PROMPT: "0",
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: `http.${server}/.extraHeader`,
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${credentials}`,
    },
  });
}
