import { PolicyPack } from "@pulumi/policy";
import { crossGuardPolicies } from "./crossguard";
import { loadRulePack, packName } from "./rule-pack";

new PolicyPack(packName, { policies: crossGuardPolicies(loadRulePack()) });
