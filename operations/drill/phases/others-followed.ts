import type { HostDatabase } from "../../../programs/host/host-settings";
import type { DrillSite } from "../drill-site";
import { type Check, check } from "../evidence/evidence";
import { databasesOf } from "../hosts/host-databases";
import { lagsOf } from "../measurements/ledger";
import { maximum } from "../measurements/statistics";
import { committedOn, observedOn } from "./records";

/** Beyond the sync interval: a host that makes a full restore beside has less time for the others. */
const allowedSeconds = 15;

/** Checks that trouble with one database did not keep the standby from following the others. To be called when all rows have arrived. */
export async function othersFollowed(
  { anvil, forge }: Pick<DrillSite, "anvil" | "forge">,
  { troubled, since, until }: { readonly troubled: HostDatabase; readonly since: number; readonly until: number },
): Promise<Check> {
  const meanwhile = (await committedOn(anvil)).filter(({ at }) => at >= since && at <= until);
  const lags = new Map(lagsOf(meanwhile, await observedOn(forge)).map((lag) => [lag.database, lag]));
  const others = databasesOf(forge.settings).filter(
    ({ followedByStandby, name }) => followedByStandby && name !== troubled.name && lags.has(name),
  );
  const late = others.filter(({ name, syncSeconds }) => {
    const { missing = 0, seconds = [] } = lags.get(name) ?? {};
    return missing > 0 || (maximum(seconds) ?? 0) > syncSeconds + allowedSeconds;
  });
  const all = `${others.length} databases, none later than ${allowedSeconds} s beyond its interval`;
  const isRight = others.length > 0 && late.length === 0;
  const measured = isRight ? all : `late: ${late.map(({ name }) => name).join(", ") || "nothing was written"}`;
  return check("the others were followed meanwhile", "none late", measured, isRight);
}
