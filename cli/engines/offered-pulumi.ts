import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { executableOnPath } from "../../operations/programs/external-program";
import { pulumiVersion } from "../../operations/programs/pulumi-program";
import { type Confirmation, confirm, hasTerminal } from "../confirmation";

/** How the offer is made and what it does; a test replaces what asks and what downloads. */
export interface PulumiOffer {
  readonly environment: NodeJS.ProcessEnv;
  /** Below it is `.pulumi/versions/3.260.0`, where the SDK's own installation puts the CLI, too. */
  readonly home: string;
  readonly hasTerminal: () => boolean;
  readonly ask: (confirmation: Confirmation) => Promise<boolean>;
  readonly install: (directory: string) => Promise<void>;
}

const usual: PulumiOffer = { environment: process.env, home: homedir(), hasTerminal, ask: confirm, install };

/**
 * Puts the Pulumi CLI on the PATH where there is none: the one that was downloaded before, or, when a person at a terminal agrees, one
 * that is downloaded now, of the release that this project is tested with. Without a terminal nothing is downloaded; that there is no
 * CLI is then said by whoever needs it, with how to install one.
 */
export async function offerPulumi(offer: PulumiOffer = usual): Promise<void> {
  const { environment, home } = offer;
  if (executableOnPath("pulumi", environment) !== undefined) return;
  const directory = join(home, ".pulumi", "versions", pulumiVersion);
  const programs = join(directory, "bin");
  if (!["pulumi", "pulumi.exe"].some((name) => existsSync(join(programs, name)))) {
    if (!offer.hasTerminal()) return;
    const question = `There is no pulumi on the PATH. Run Pulumi's own installation script (https://get.pulumi.com), which downloads the Pulumi CLI ${pulumiVersion} into ${directory}`;
    const withoutAsking = `curl -fsSL https://get.pulumi.com | sh -s -- --version ${pulumiVersion}`;
    if (!(await offer.ask({ question, answer: "yes", withoutAsking }))) return;
    await offer.install(directory);
  }
  environment.PATH = `${programs}${delimiter}${environment.PATH ?? ""}`;
}

async function install(root: string): Promise<void> {
  const { PulumiCommand }: typeof import("@pulumi/pulumi/automation") = require("@pulumi/pulumi/automation");
  const { parse }: typeof import("semver") = require("semver");
  const version = parse(pulumiVersion);
  await PulumiCommand.install({ root, ...(version === null ? {} : { version }) });
}
