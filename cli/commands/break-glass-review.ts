import { githubRepository } from "../../lib/github/github-repository";
import { reviewIncidents } from "../../operations/delivery/incident-review";
import { type CommandContext, defineCommand, done, type Outcome } from "../command";

export const command = defineCommand({
  description: "In a workflow: close the incidents that were reviewed afterwards, open again what was not.",
  options: {},
  examples: ["npm run break-glass-review"],
  stack: "none",
  run,
});

/** Closes the incidents of break-glasses that were reviewed afterwards; opens again what was closed without a review. */
async function run({ say }: CommandContext<object>): Promise<Outcome> {
  const reviewed = await reviewIncidents(githubRepository(process.env), new Date());
  for (const { incident, outcome, by } of reviewed) {
    say(`    ${outcome.padEnd(8)}  ${incident.url}${by === undefined ? "" : `  reviewed in #${by}`}`);
  }
  const waiting = reviewed.filter(({ outcome }) => outcome === "waiting" || outcome === "reopened").length;
  return done(waiting === 0 ? "no incident waits for its review" : `${waiting} wait for their review`);
}
