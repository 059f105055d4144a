import { didYouMean } from "../../lib/closest-name";
import type { Path, Problem } from "../../lib/located-yaml/problem";
import type { BackupContainer } from "./backup-store-args";

/** What inventories and programs say of a store. */
interface StoreEntry {
  /** The account that exists; undefined for a new one. */
  readonly adopt?: unknown;
  readonly containers: readonly BackupContainer[];
}

/** What is wrong with a store's containers beyond the kind and range of each value: the schema reports it, at its line. */
export function containerProblems({ adopt, containers }: StoreEntry): readonly Problem[] {
  const names = containers.map(({ name }) => name);
  return containers.flatMap((container, index) => {
    const problem = (key: keyof BackupContainer, message: string): Problem => ({
      path: ["containers", index, key],
      message,
    });
    const isRepeated = names.indexOf(container.name) !== index;
    const isMissing = container.exists === true && adopt === undefined;
    return [
      ...(isRepeated ? [problem("name", `"${container.name}" is given twice; keep one of them`)] : []),
      ...(isMissing
        ? [problem("exists", "the account is new, so nothing is in it yet; give adopt, or leave it out")]
        : []),
      ...orderProblems(container, ["containers", index]),
      ...copyProblems(container, containers, ["containers", index]),
    ];
  });
}

function orderProblems({ retentionDays, coolAfterDays, immutableDays }: BackupContainer, at: Path): readonly Problem[] {
  if (retentionDays === undefined) return [];
  const isKeptLonger = immutableDays !== undefined && retentionDays < immutableDays;
  const isGoneBefore = coolAfterDays !== undefined && coolAfterDays >= retentionDays;
  const kept = `${retentionDays} is below immutableDays ${immutableDays}, so Azure would refuse to delete in time`;
  const gone = `${coolAfterDays} is not below retentionDays ${retentionDays}; leave it out`;
  return [
    ...(isKeptLonger ? [{ path: [...at, "retentionDays"], message: kept }] : []),
    ...(isGoneBefore ? [{ path: [...at, "coolAfterDays"], message: gone }] : []),
  ];
}

/** Copies are of what Litestream writes here, and out of the reach of whoever may write that. */
function copyProblems(container: BackupContainer, all: readonly BackupContainer[], at: Path): readonly Problem[] {
  if (container.holds === "litestream" || container.copiesOf === undefined) return [];
  const { copiesOf, immutableDays } = container;
  const path = [...at, "copiesOf"];
  const originals = all.filter(({ holds }) => holds === "litestream").map(({ name }) => name);
  const strange = `no container "${copiesOf}" that holds litestream here${didYouMean(copiesOf, originals)}`;
  const changeable = "copies need immutableDays: whoever deletes the originals would delete them too";
  return [
    ...(originals.includes(copiesOf) ? [] : [{ path, message: strange }]),
    ...(immutableDays === undefined ? [{ path, message: changeable }] : []),
  ];
}

/** The group and name in an account's Azure id; undefined when it is not one. */
export function accountParts(
  id: string,
): { readonly resourceGroupName: string; readonly accountName: string } | undefined {
  const match =
    /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Storage\/storageAccounts\/([^/]+)$/i.exec(
      id,
    );
  const [, resourceGroupName, accountName] = match ?? [];
  return resourceGroupName === undefined || accountName === undefined ? undefined : { resourceGroupName, accountName };
}
