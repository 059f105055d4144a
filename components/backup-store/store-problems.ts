import { didYouMean } from "../../lib/closest-name";
import { type Path, type Problem, repeatedName } from "../../lib/located-yaml/problem";
import { coolingProblems } from "../blob-account/container-schema";
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
    const isMissing = container.exists === true && adopt === undefined;
    return [
      ...repeatedName(names, index, ["containers", index, "name"]),
      ...(isMissing
        ? [problem("exists", "the account is new, so nothing is in it yet; give adopt, or leave it out")]
        : []),
      ...orderProblems(container, ["containers", index]),
      ...copyProblems(container, containers, ["containers", index]),
    ];
  });
}

function orderProblems(container: BackupContainer, at: Path): readonly Problem[] {
  const { retentionDays, immutableDays } = container;
  const isKeptLonger = retentionDays !== undefined && immutableDays !== undefined && retentionDays < immutableDays;
  const kept = `${retentionDays} is below immutableDays ${immutableDays}, so Azure would refuse to delete in time`;
  return [
    ...(isKeptLonger ? [{ path: [...at, "retentionDays"], message: kept }] : []),
    ...coolingProblems(container, at),
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
