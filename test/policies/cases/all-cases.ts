import { closedDoorCases } from "./closed-doors";
import { encryptionCases } from "./encryption";
import { networkCases } from "./network";
import { parityCases } from "./parity";
import { publicAccessCases } from "./public-access";
import type { RuleCases } from "./rule-case";
import { storageAccessCases } from "./storage-access";
import { taggingCases } from "./tagging";

export const allCases: readonly RuleCases[] = [
  ...taggingCases,
  ...closedDoorCases,
  ...encryptionCases,
  ...storageAccessCases,
  ...publicAccessCases,
  ...networkCases,
  ...parityCases,
];
