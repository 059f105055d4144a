import { ServiceError } from "../../../engine/provider";
import { mapsAt, textAt } from "../../property-path";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, parentOfId, sameId } from "../arm-id";
import { armType } from "../arm-type";
import { containerAppType, hostOfApp } from "./container-app";
import { requireDirectName } from "./custom-domain";
import { environmentPath } from "./environment";
import { environmentIdOf } from "./identity-access";

export const managedCertificate = armType({
  type: "app:ManagedCertificate",
  path: `${environmentPath}/managedCertificates/{managedCertificateName}`,
  parent: { type: "app:ManagedEnvironment", path: environmentPath },
  name: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/,
    expected: "1 to 64 letters, digits, . and -",
    code: "InvalidResourceName",
  },
  located: true,
  required: ["properties", "properties.subjectName"],
  allowed: { "properties.domainControlValidation": ["CNAME", "HTTP", "TXT"] },
  createOnly: ["properties.subjectName", "properties.domainControlValidation"],
  computed: {
    names: ["properties.provisioningState", "properties.validationToken"],
    values: ({ random }) => ({ properties: { provisioningState: "Succeeded", validationToken: random.hex(32) } }),
  },
  service: { create: requireHostname },
});

/** The certificate is issued for a name that an app of the environment carries and that leads to this app. */
function requireHostname({ world, id, inputs }: ServiceContext): void {
  const environment = parentOfId(id);
  const host = textAt(inputs, "properties.subjectName") ?? "";
  const app = world
    .list(containerAppType)
    .filter(({ properties }) => sameId(environmentIdOf(properties), environment))
    .find(({ properties }) =>
      mapsAt(properties, "configuration.ingress.customDomains").some((domain) => sameId(textAt(domain, "name"), host)),
    );
  if (app === undefined) {
    throw new ServiceError(
      "RequireCustomHostnameInEnvironment",
      400,
      `Creating managed certificate requires hostname '${host}' added as a custom hostname to a container app in environment '${nameOfId(environment)}'.`,
    );
  }
  if (textAt(inputs, "properties.domainControlValidation") !== "CNAME") return;
  const name = nameOfId(app.id);
  requireDirectName(world, host, name, hostOfApp(world, name, app.properties));
}
