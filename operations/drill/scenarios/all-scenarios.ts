import { agentCrash } from "./agent-crash";
import { clockSkew } from "./clock-skew";
import { corruptedSegment } from "./corrupted-segment";
import { deletion } from "./deletion";
import { fullDisk } from "./full-disk";
import { hostLoss } from "./host-loss";
import { ransomware } from "./ransomware";
import type { Scenario } from "./scenario";
import { splitBrain } from "./split-brain";
import { stalledFollower } from "./stalled-follower";
import { storeOutage } from "./store-outage";
import { vaultDown } from "./vault-down";

/** Everything that a drill can do. The first is what it does when nothing is said. */
export const scenarios: readonly Scenario[] = [
  hostLoss,
  agentCrash,
  storeOutage,
  stalledFollower,
  corruptedSegment,
  fullDisk,
  clockSkew,
  splitBrain,
  deletion,
  ransomware,
  vaultDown,
];
