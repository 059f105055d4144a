import { ServiceError } from "../../../engine/provider";
import { textAt } from "../../read-property";
import { nameOfId, parentOfId, sameId } from "../arm-id";
import { armType } from "../arm-type";
import { invalidReference } from "../existing-resources";
import { virtualNetworkType } from "../network/subnet-use";

const zonePath = "Microsoft.Network/privateDnsZones/{privateZoneName}";
const parent = { type: "privatedns:PrivateZone", path: zonePath };
export const networkLinkType = "azure-native:privatedns:VirtualNetworkLink";

const privateZone = armType({
  type: "privatedns:PrivateZone",
  describedBy: ["privatedns", "PrivateZone"],
  path: zonePath,
  name: {
    pattern: /^(?=.{1,253}$)([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?\.)+[a-zA-Z0-9-]+$/,
    expected: "a DNS name of at least two labels",
    code: "InvalidPrivateDnsZoneName",
  },
  located: "global",
  computed: { names: ["provisioningState"], values: () => ({ provisioningState: "Succeeded" }) },
  service: {
    delete: ({ world, id }) => {
      if (!world.children(id).some(({ kind }) => kind === networkLinkType)) return;
      throw new ServiceError(
        "CannotDeleteResource",
        "Can not delete resource before nested resources are deleted.",
        409,
      );
    },
  },
});

const virtualNetworkLink = armType({
  type: "privatedns:VirtualNetworkLink",
  describedBy: ["privatedns", "VirtualNetworkLink"],
  path: `${zonePath}/virtualNetworkLinks/{virtualNetworkLinkName}`,
  parent,
  name: {
    pattern: /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/,
    expected: "1 to 80 letters, digits, _ . -",
    code: "InvalidResourceName",
  },
  required: ["virtualNetwork", "virtualNetwork.id", "registrationEnabled"],
  located: "global",
  createOnly: ["virtualNetwork"],
  computed: {
    names: ["provisioningState", "virtualNetworkLinkState"],
    values: () => ({ provisioningState: "Succeeded", virtualNetworkLinkState: "Completed" }),
  },
  service: {
    create: ({ world, id, inputs }) => {
      const network = textAt(inputs, "virtualNetwork.id") ?? "";
      if (world.get(virtualNetworkType, network) === undefined) throw invalidReference(network, id);
      const other = world
        .children(parentOfId(id))
        .find(
          ({ kind, properties }) =>
            kind === networkLinkType && sameId(textAt(properties, "virtualNetwork.id"), network),
        );
      if (other === undefined) return;
      throw new ServiceError(
        "Conflict",
        `The virtual network is linked to the zone already, by ${nameOfId(other.id)}.`,
        409,
      );
    },
  },
});

const recordSet = armType({
  type: "privatedns:PrivateRecordSet",
  describedBy: ["privatedns", "RecordSet"],
  path: `${zonePath}/{recordType}/{relativeRecordSetName}`,
  parent,
  name: {
    pattern: /^(@|\*|[\w.*-]{1,253})$/,
    expected: "a name relative to the zone, or @",
    code: "InvalidRecordSetName",
  },
  allowed: { recordType: ["A", "AAAA", "CNAME", "MX", "PTR", "SOA", "SRV", "TXT"] },
  ranges: { ttl: { minimum: 1, maximum: 2147483647 } },
  computed: {
    names: ["fqdn", "isAutoRegistered"],
    stable: ["fqdn"],
    values: ({ inputs }) => ({
      fqdn: `${textAt(inputs, "relativeRecordSetName")}.${textAt(inputs, "privateZoneName")}.`.replace(/^@\./, ""),
      isAutoRegistered: false,
    }),
  },
});

export const privateDnsRules = [privateZone, virtualNetworkLink, recordSet];
