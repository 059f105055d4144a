import { quoteForShell } from "../../../lib/shell-quote";
import type { HostSettings } from "../../../programs/host/host-settings";
import type { ProgramOptions, ProgramResult } from "../../programs/external-program";

/** One of the two hosts of a drill, made on this machine or a real one. */
export interface DrillHost {
  readonly name: string;
  /** Its generated settings, as it has them. */
  readonly settings: HostSettings;
  /** A directory on the host that belongs to the drill, outside the host's own ones. Absolute. */
  readonly recordDirectory: string;
  /** Runs a shell script on it as the user that the agents have, and with as little environment. */
  shell(script: string, options?: Pick<ProgramOptions, "input" | "timeoutSeconds">): Promise<ProgramResult>;
  /**
   * Its agents and writers end at once, without a signal that they could act on.
   *
   * @returns when, by its clock. Milliseconds since 1970
   */
  lose(): Promise<number>;
  /** It is there again: launchd loads what it finds. */
  comeBack(): Promise<void>;
}

/** The text of a file on a host; undefined when there is none. */
export async function readHostFile(host: DrillHost, path: string): Promise<string | undefined> {
  const { exitCode, stdout } = await host.shell(`cat ${quoteForShell(path)}`);
  return exitCode === 0 ? stdout : undefined;
}
