import { join } from "node:path";
import type { HostSettings } from "../../../programs/host/host-settings";
import { type ProgramOptions, type ProgramResult, runProgram } from "../../programs/external-program";
import type { LocalServer } from "../fakes/http-servers";
import type { LaunchctlServer } from "../launchd/launchctl-server";
import type { Launchd } from "../launchd/launchd";
import type { StoreLink } from "../store/store-link";
import { programsDirectory } from "./drill-agents";
import type { DrillHost } from "./drill-host";

export interface LocalHostParts {
  readonly settings: HostSettings;
  readonly home: string;
  readonly recordDirectory: string;
  readonly launchd: Launchd;
  readonly launchctl: LaunchctlServer;
  readonly inference: LocalServer;
  /** Its way to the store. */
  readonly link: StoreLink;
  /** Is told each process that is started on it otherwise than by launchd. */
  readonly started: (pid: number) => void;
}

/** A host made on this machine: a home directory, a fake launchd, an inference server, a way to the store. */
export class LocalHost implements DrillHost {
  private environment: Readonly<Record<string, string>> = {};

  constructor(private readonly parts: LocalHostParts) {}

  get name(): string {
    return this.parts.settings.host;
  }

  get settings(): HostSettings {
    return this.parts.settings;
  }

  get recordDirectory(): string {
    return this.parts.recordDirectory;
  }

  get launchd(): Launchd {
    return this.parts.launchd;
  }

  get link(): StoreLink {
    return this.parts.link;
  }

  get inference(): LocalServer {
    return this.parts.inference;
  }

  shell(script: string, options: Pick<ProgramOptions, "input" | "timeoutSeconds"> = {}): Promise<ProgramResult> {
    return runProgram("/bin/sh", ["-c", script], {
      ...options,
      onStart: this.parts.started,
      environment: {
        PATH: "/usr/bin:/bin:/usr/sbin:/sbin",
        HOME: this.parts.home,
        TMPDIR: "/tmp",
        LANG: "C",
        ...this.environment,
      },
    });
  }

  async lose(): Promise<number> {
    await Promise.all([this.launchd.crash(), this.inference.off()]);
    return Date.now();
  }

  async comeBack(): Promise<void> {
    await this.inference.on();
    await this.launchd.start();
  }

  /** Lets everything that is started on it from now on believe that it is later. */
  skewClock(aheadSeconds: number): void {
    const program = join(programsDirectory, "clock-ahead.cjs");
    this.environment = { NODE_OPTIONS: `--require ${program}`, DRILL_CLOCK_AHEAD: String(aheadSeconds) };
    this.launchd.environment = this.environment;
  }

  /** Ends everything for good. */
  async remove(): Promise<void> {
    await this.lose();
    await this.parts.launchctl.close();
    await this.link.close();
  }
}
