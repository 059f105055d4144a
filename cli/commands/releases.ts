import { digestOf, servingRevision } from "../../operations/delivery/app-traffic";
import { isUnfinished, readJournal } from "../../operations/release/release-journal";
import { type CommandContext, defineCommand, done, type Outcome, writeDocument } from "../command";
import { sharedOption } from "../options";
import { deployedOf } from "./release";

export const command = defineCommand({
  description: "What runs where: each service's image, revision and share of the requests, since when and by whom.",
  options: sharedOption("stack", "engine", "cwd", "json"),
  examples: ["npm run releases -- --stack latticeforge-prod", "npm run -s releases -- --stack dev --json"],
  stack: "named",
  run,
});

async function run(context: CommandContext): Promise<Outcome> {
  const engine = await context.open();
  try {
    const { cloud, journals } = engine.releases;
    const services = [...(await deployedOf(context, engine)).values()];
    const rows = await Promise.all(
      services.map(async ({ name, kind, id }) => {
        const [running, journal] = await Promise.all([cloud.running(id), readJournal(journals, id)]);
        const serving = servingRevision(running);
        const revisions = kind === "app" ? await cloud.revisions(id) : [];
        const image = revisions.find((one) => one.name === serving)?.image ?? running.image;
        const shares = running.traffic?.map(({ revision = running.latest, weight }) => ({ revision, weight }));
        return {
          service: name,
          digest: digestOf(image),
          revision: serving,
          traffic: shares ?? (kind === "app" ? [{ revision: serving, weight: 100 }] : []),
          ...(journal === undefined
            ? {}
            : {
                by: journal.by,
                since: journal.ended ?? journal.began,
                phase: isUnfinished(journal) ? `${journal.phase}, interrupted or under way` : journal.phase,
              }),
        };
      }),
    );
    if (context.options.json === true) {
      writeDocument(context, { stack: context.stack, services: rows });
    } else {
      for (const { service, digest, revision, traffic, since = "", by = "", phase = "" } of rows) {
        const split =
          traffic.length > 1 ? traffic.map((one) => `${one.revision} ${one.weight} %`).join(", ") : revision;
        context.say(
          `    ${[service.padEnd(16), digest.slice(0, 19), split, phase, since, by].filter((part) => part !== "").join("  ")}`,
        );
      }
    }
    return done(`${rows.length} services`);
  } finally {
    await engine.close();
  }
}
