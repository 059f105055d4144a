import { githubClient } from "../../lib/github/github-client";
import { FilingNotConfigured } from "./drift-errors";
import { DriftIssues } from "./drift-issue";
import type { DriftChannels } from "./drift-messages";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where drift is filed and who is told, from the environment: `GITHUB_REPOSITORY` and `RUN_TOKEN` or `GITHUB_TOKEN` as in a workflow of the repository,
 * `DRIFT_SLACK_WEBHOOK` for the team, `INCIDENT_SLACK_WEBHOOK` and `INCIDENT_PAGERDUTY_KEY` for what cannot wait.
 *
 * @throws {@link FilingNotConfigured} naming what is missing
 */
export function filingSettings(environment: Environment): {
  readonly issues: DriftIssues;
  readonly channels: DriftChannels;
} {
  // `GITHUB_TOKEN` may be that of the app that the providers use.
  const token = given(environment, "RUN_TOKEN") ?? given(environment, "GITHUB_TOKEN");
  const repository = given(environment, "GITHUB_REPOSITORY");
  const missing = [
    token === undefined ? ["GITHUB_TOKEN"] : [],
    repository === undefined ? ["GITHUB_REPOSITORY"] : [],
  ].flat();
  const [owner = "", repo = ""] = repository?.split("/") ?? [];
  if (token === undefined || repository === undefined) {
    throw new FilingNotConfigured(
      `drift cannot be filed: set ${missing.join(" and ")}, as in a workflow of the repository`,
    );
  }
  if (owner === "" || repo === "") {
    throw new FilingNotConfigured(`drift cannot be filed: GITHUB_REPOSITORY is "${repository}", expected owner/name`);
  }
  const baseUrl = given(environment, "GITHUB_API_URL");
  const slack = given(environment, "INCIDENT_SLACK_WEBHOOK");
  const pagerDuty = given(environment, "INCIDENT_PAGERDUTY_KEY");
  return {
    issues: new DriftIssues(githubClient({ token, ...(baseUrl === undefined ? {} : { baseUrl }) }), owner, repo),
    channels: {
      slackWebhook: given(environment, "DRIFT_SLACK_WEBHOOK"),
      pagers: { ...(slack === undefined ? {} : { slack }), ...(pagerDuty === undefined ? {} : { pagerDuty }) },
    },
  };
}

/** A secret that a workflow does not have is an empty text there. */
function given(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value === "" ? undefined : value;
}
