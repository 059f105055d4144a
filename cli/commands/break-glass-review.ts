import { githubRepository } from "../../lib/github/github-repository";
import { reviewIncidents } from "../../operations/delivery/incident-review";
import { type Command, done } from "../command";

/** Closes the incidents of break-glasses that were reviewed afterwards; opens again what was closed without a review. */
export const breakGlassReview: Command = async ({ say }) => {
  const reviewed = await reviewIncidents(githubRepository(process.env), new Date());
  for (const { incident, outcome, by } of reviewed) {
    say(`    ${outcome.padEnd(8)}  ${incident.url}${by === undefined ? "" : `  reviewed in #${by}`}`);
  }
  const waiting = reviewed.filter(({ outcome }) => outcome === "waiting" || outcome === "reopened").length;
  return done(waiting === 0 ? "no incident waits for its review" : `${waiting} wait for their review`);
};
