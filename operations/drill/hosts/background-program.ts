import { DrillError } from "../../programs/drill-error";
import { type DrillHost, quoted } from "./drill-host";

/** A program of the drill's own that runs on a host for a while, and is no agent. */
export interface BackgroundProgram {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a Node.js program on a host. Its output goes to a log in the record directory. */
export function startInBackground(host: DrillHost, name: string, words: readonly string[]): Promise<BackgroundProgram> {
  const command = [host.settings.programs.node, ...words].map(quoted).join(" ");
  return start(host, command, `${host.recordDirectory}/${name}.log`, words.join(" "));
}

/** Starts a shell script on a host that goes on until it is stopped. */
export function startShellInBackground(host: DrillHost, script: string): Promise<BackgroundProgram> {
  return start(host, `/bin/sh -c ${quoted(script)}`, "/dev/null", script);
}

/** @param named what its command line has in it, and no other program's */
async function start(host: DrillHost, command: string, log: string, named: string): Promise<BackgroundProgram> {
  // Without a terminal nothing is hung up on; and macOS's nohup may refuse where there is no console to detach from.
  const script = `${command} > ${quoted(log)} 2>&1 < /dev/null & echo $!`;
  const { exitCode, stdout, stderr } = await host.shell(script);
  const pid = Number(stdout.trim());
  if (exitCode !== 0 || !Number.isInteger(pid) || pid <= 1)
    throw new DrillError(`${host.name}: this cannot be started: ${command}: ${stderr.trim()}`);
  return {
    pid,
    stop: async () => {
      // It may have ended long ago, and its number be somebody else's.
      await host.shell(`case "$(ps -ww -o args= -p ${pid})" in *${quoted(named)}*) kill -9 ${pid} ;; esac`);
    },
  };
}
