import { githubRepository } from "../../lib/github/github-repository";
import { incidentPagers } from "../delivery/page";
import { DriftIssues } from "./drift-issue";
import type { DriftChannels } from "./drift-messages";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where drift is filed and who is told, from the environment: `GITHUB_REPOSITORY` and `RUN_TOKEN` or `GITHUB_TOKEN` as in a workflow of the repository,
 * `DRIFT_SLACK_WEBHOOK` for the team, `INCIDENT_SLACK_WEBHOOK` and `INCIDENT_PAGERDUTY_KEY` for what cannot wait.
 *
 * @throws {@link GithubNotConfigured} naming what is missing
 */
export function filingSettings(environment: Environment): {
  readonly issues: DriftIssues;
  readonly channels: DriftChannels;
} {
  const { owner, name, api } = githubRepository(environment, ["RUN_TOKEN", "GITHUB_TOKEN"]);
  return {
    issues: new DriftIssues(api, owner, name),
    channels: { slackWebhook: environment.DRIFT_SLACK_WEBHOOK || undefined, pagers: incidentPagers(environment) },
  };
}
