import { GithubNotConfigured } from "../lib/github/github-error";
import { githubRepository } from "../lib/github/github-repository";
import { BreakGlassRefused, useBreakGlass } from "../operations/delivery/break-glass";
import { incidentPagers, page } from "../operations/delivery/page";
import type { CommandContext } from "./command";
import { CommandError, exitCodes } from "./exit-codes";

/** Before anything is applied without its review: an incident is open, and people know of it. */
export async function announceBreakGlass(context: CommandContext): Promise<void> {
  const { breakGlass: reason } = context.options;
  if (reason === undefined) return;
  try {
    await announce(context, reason);
  } catch (error) {
    if (!(error instanceof BreakGlassRefused)) throw error;
    throw new CommandError(exitCodes.badConfiguration, error.message);
  }
}

async function announce({ stack, say }: CommandContext, reason: string): Promise<void> {
  const environment = process.env;
  const repository = githubRepository(environment);
  const actor = environment.GITHUB_ACTOR ?? "";
  if (actor === "") throw new GithubNotConfigured("GITHUB_ACTOR must say who breaks the glass");
  const server = environment.GITHUB_SERVER_URL ?? "https://github.com";
  const runUrl = `${server}/${repository.owner}/${repository.name}/actions/runs/${environment.GITHUB_RUN_ID ?? ""}`;
  const request = { stack, actor, reason, runUrl, now: new Date() };
  const { incident, opened } = await useBreakGlass(repository, request);
  say(`Break-glass: incident ${incident.url} ${opened ? "is open" : "goes on"}, until ${incident.until.toISOString()}`);
  const failed = await page(incidentPagers(environment), {
    summary: `Break-glass: ${actor} deploys ${stack} without review: ${reason}`,
    link: incident.url,
    key: `break-glass-${incident.number}`,
  });
  for (const problem of failed) say(`    not paged: ${problem}`);
}
