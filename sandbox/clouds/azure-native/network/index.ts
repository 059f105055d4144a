import { outboundRules } from "./outbound";
import { privateEndpointRules } from "./private-endpoint";
import { securityGroupRules } from "./security-group";
import { subnet, virtualNetwork } from "./virtual-network";

export const networkRules = [virtualNetwork, subnet, ...securityGroupRules, ...privateEndpointRules, ...outboundRules];
