import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeHostFile } from "../../../operations/drill/hosts/drill-agents";
import { readHostFile } from "../../../operations/drill/hosts/drill-host";
import { SshHost } from "../../../operations/drill/real/ssh-host";
import { hostSettings } from "./host-settings-sample";

/** `ssh` as it is, but for the network: the last word is the command line that the other side's shell gets. */
const fakeSsh = `#!/bin/sh
echo "$*" >> "$DRILL_TEST_DIRECTORY/ssh-calls"
for word in "$@"; do last=$word; done
case $* in *away*) echo "connect to host away port 22: timed out" >&2; exit 255;; esac
HOME="$DRILL_TEST_DIRECTORY/home it's" exec /bin/sh -c "$last"
`;
const fakeLaunchctl = `#!/bin/sh
echo "$*" >> "$DRILL_TEST_DIRECTORY/launchctl-calls"
test "$1" = list && printf 'PID\\tStatus\\tLabel\\n12\\t0\\tno.alai.lease\\n-\\t0\\tno.alai.follow\\n7\\t0\\tno.alai.orchestrator\\n9\\t0\\tcom.other\\n'
exit 0
`;

let directory: string;
const path = process.env.PATH;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "ds-"));
  const root = join(directory, "home it's", "system");
  mkdirSync(join(root, "etc"), { recursive: true });
  program("ssh", fakeSsh);
  program("launchctl", fakeLaunchctl);
  const settings = hostSettings({ root, launchctl: join(directory, "bin", "launchctl") });
  writeFileSync(join(root, "etc", "host.json"), JSON.stringify(settings, undefined, 2));
  process.env.PATH = `${join(directory, "bin")}:${path}`;
  process.env.DRILL_TEST_DIRECTORY = directory;
});

afterAll(() => {
  process.env.PATH = path;
  delete process.env.DRILL_TEST_DIRECTORY;
  rmSync(directory, { recursive: true });
});

function program(name: string, text: string): void {
  mkdirSync(join(directory, "bin"), { recursive: true });
  writeFileSync(join(directory, "bin", name), text);
  chmodSync(join(directory, "bin", name), 0o755);
}

function calls(name: string): readonly string[] {
  return readFileSync(join(directory, `${name}-calls`), "utf8")
    .trim()
    .split("\n");
}

describe("a real host over SSH", () => {
  it("reads its settings, and takes scripts and files with any characters in them", async () => {
    const host = await SshHost.connect("operator@anvil", "system");
    expect(host.name).toBe("anvil");
    expect(host.recordDirectory).toBe(join(directory, "home it's", "landscape-drill"));
    const odd = `a 'quoted' "word" $HOME \`date\` \\ \n`;
    await writeHostFile(host, `${host.recordDirectory}/some file`, odd);
    expect(await readHostFile(host, `${host.recordDirectory}/some file`)).toBe(odd);
    expect(await host.shell("exit 3")).toMatchObject({ exitCode: 3 });
  });

  it("never asks for a password, and says which host does not answer", async () => {
    await expect(SshHost.connect("away", "system")).rejects.toThrow(/away.*timed out/s);
    expect(calls("ssh").every((call) => !call.startsWith("-o") || call.startsWith("-o BatchMode=yes"))).toBe(true);
  });

  it("is lost by killing everything before anything is unloaded, and only what is ours", async () => {
    const host = await SshHost.connect("operator@anvil", "system");
    rmSync(join(directory, "launchctl-calls"));
    await host.lose();
    const verbs = calls("launchctl").map((call) => call.replace(/ .*\//, " "));
    expect(verbs).toEqual([
      "kill no.alai.lease",
      "kill no.alai.follow",
      "kill no.alai.orchestrator",
      "bootout no.alai.lease",
      "bootout no.alai.follow",
      "bootout no.alai.orchestrator",
    ]);
  });
});
