import type { HostSettings } from "../../../programs/host/host-settings";
import { pairSettings } from "../../programs/host/pair-settings";

/** The settings of the host that is meant to be primary, whose programs are this machine's. */
export function hostSettings({ root, launchctl }: { readonly root: string; readonly launchctl: string }): HostSettings {
  const programs = { litestream: "/bin/false", sqlite3: "/usr/bin/sqlite3", node: process.execPath, launchctl };
  return pairSettings({ host: "anvil", root, agentsDirectory: `${root}/agents`, programs });
}
