import { DrillError } from "../drill-error";
import { type DrillHost, quoted } from "./drill-host";

/** A program of the drill's own that runs on a host for a while, and is no agent. */
export interface BackgroundProgram {
  stop(): Promise<void>;
}

/** Starts a Node.js program on a host. Its output goes to a log in the record directory. */
export async function startInBackground(
  host: DrillHost,
  name: string,
  words: readonly string[],
): Promise<BackgroundProgram> {
  const command = [host.settings.programs.node, ...words].map(quoted).join(" ");
  const log = quoted(`${host.recordDirectory}/${name}.log`);
  const { exitCode, stdout, stderr } = await host.shell(`nohup ${command} > ${log} 2>&1 < /dev/null & echo $!`);
  const pid = Number(stdout.trim());
  if (exitCode !== 0 || !Number.isInteger(pid) || pid <= 1)
    throw new DrillError(`${host.name}: ${name} cannot be started: ${stderr.trim()}`);
  return {
    stop: async () => {
      await host.shell(`kill -9 ${pid}`);
    },
  };
}
