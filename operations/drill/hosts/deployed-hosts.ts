import type { UpResult } from "../drill-site";
import type { LocalHostPlan } from "./local-plan";

/** The hosts stack, deployed in a sandbox of the drill's own, and what it installs. */
export interface DeployedHosts {
  /** Opens the stand-in for Cloudflare's API. */
  readonly dnsToken: string;
  /** Where the deployment keeps its state. */
  readonly stateDirectory: string;
  /** Where everything lies on a host with this home directory. */
  rootOf(home: string): string;
  /** Does on this machine what the deployment does over SSH: copies the package, and runs its commands as the host's user. */
  install(host: LocalHostPlan): Promise<void>;
  /** Deploys the stack again. */
  up(): Promise<UpResult>;
}
