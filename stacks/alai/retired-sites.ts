import { deletedFrom } from "../../components/static-site/site-plan";
import type { Departures } from "../departures";
import { loadAlaiInventory } from "./inventory";

const site = "landscape:static-site:StaticSite";
const file = "stacks/alai/inventory/sites.yaml";

/**
 * The sites that are retired, and how one leaves.
 *
 * @param directory where the inventory's files are
 * @throws {LocatedError} with every problem in them
 */
export function readDepartures(directory: string): Departures {
  return {
    said: loadAlaiInventory(directory).sites.sites.flatMap((entry) =>
      entry.state === "retired"
        ? [
            {
              type: site,
              name: entry.domain,
              reason: `retired, deleted from ${deletedFrom(entry)}: ${entry.retired.reason}`,
              file,
            },
          ]
        : [],
    ),
    ways: {
      [site]:
        `A site leaves by its entry in ${file}: keep it, with "state: retired" and "retired: { on: YYYY-MM-DD, reason: … }", ` +
        `and "target" where the name points from now on; deploy that, and take the entry out, or make it paused or elsewhere, ` +
        "when its days are over (docs/extending.md, A site)",
      "landscape:repository:Repository":
        "A repository stays when its site leaves: list it in stacks/alai/inventory/repositories.yaml " +
        "before the site's entry goes (docs/extending.md, A site)",
    },
  };
}
