import { vault } from "./vault";
import { vaultItemRules } from "./vault-items";

export const keyVaultRules = [vault, ...vaultItemRules];
