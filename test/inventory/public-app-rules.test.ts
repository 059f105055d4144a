import { describe, expect, it } from "vitest";
import { afterEdits } from "./inventory-edit";

type Edit = readonly [file: string, from: string | RegExp, to: string];
const isPublic: Edit = [
  "services.yaml",
  "ingress: { exposure: network, port: 8080 }",
  "ingress: { exposure: public, port: 8080 }",
];
const certificate: Edit = [
  "environments.yaml",
  "  prod:\n",
  "  prod:\n    apps: { certificate: origin-certificate }\n",
];
const secret: Edit = [
  "secrets.yaml",
  "secrets:\n",
  "secrets:\n  - { name: origin-certificate, owner: platform, environments: [prod], certificate: true }\n",
];
const named = (...names: readonly string[]): Edit => [
  "environments.yaml",
  "    apps: { certificate",
  `    services: { mc-api: { domains: [${names.join(", ")}] } }\n    apps: { certificate`,
];
const at = "environments.yaml environments.prod.services.mc-api.domains";

describe("a public app", () => {
  it("has a name in a zone, and an environment with a certificate to show the edge", () => {
    expect(afterEdits(isPublic, certificate, secret, named("mc.alai.no"))).toEqual([]);
    expect(afterEdits(isPublic, certificate, secret, named("mc.example.com"))).toEqual([
      `${at}[0]: no zone of zones.yaml holds "mc.example.com" below its own name`,
    ]);
    const inEveryEnvironment: Edit = ["services.yaml", isPublic[2], `${isPublic[2]}\n    domains: [mc.alai.no]`];
    expect(afterEdits(isPublic, inEveryEnvironment)).toContain(
      "services.yaml services[0].domains[0]: prod has no apps.certificate in environments.yaml to show the edge",
    );
  });

  it("has names that no other environment, and no record, has", () => {
    const again: Edit = [
      "environments.yaml",
      "  dev:\n",
      "  dev:\n    apps: { certificate: origin-certificate }\n    services: { mc-api: { domains: [mc.alai.no] } }\n",
    ];
    const inBoth: Edit = [
      "secrets.yaml",
      "environments: [prod], certificate",
      "environments: [prod, dev], certificate",
    ];
    expect(afterEdits(isPublic, certificate, secret, named("mc.alai.no"), again, inBoth)).toEqual(
      ["mc.alai.no already has a record (CNAME)", "asuid.mc.alai.no already has a record (TXT)"].map(
        (problem) => `environments.yaml environments.dev.services.mc-api.domains[0]: ${problem} from environments.yaml`,
      ),
    );
    expect(afterEdits(isPublic, certificate, secret, named("docs.alai.no"))).toEqual([
      `${at}[0]: docs.alai.no already has a record (A) from sites.yaml`,
    ]);
  });

  it("alone has names", () => {
    expect(afterEdits(certificate, secret, named("mc.alai.no"))).toEqual([
      `${at}: names are for public apps; set ingress.exposure to "public", or leave them out`,
    ]);
  });
});

describe("an environment's certificate", () => {
  it("is a secret of its vault that holds one", () => {
    const path = "environments.yaml environments.prod.apps.certificate";
    expect(afterEdits(certificate)).toEqual([`${path}: no secret "origin-certificate" in secrets.yaml for prod`]);
    const plain: Edit = ["secrets.yaml", ", certificate: true", ""];
    expect(afterEdits(certificate, secret, plain)).toEqual([
      `${path}: "origin-certificate" holds no certificate in secrets.yaml; say "certificate: true" there`,
    ]);
  });
});
