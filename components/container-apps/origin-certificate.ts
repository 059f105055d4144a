import type { JobArgs } from "@pulumi/azure-native/app";
import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../../lib/refusal";
import { certificateContentType } from "../../lib/secret-not-set";
import type { SecretReference } from "../key-vault/key-vault";
import { nodeCommand, placementOf, type ScriptPlacement } from "../scheduled-script/scheduled-script";
import type { Transform } from "../transform/transform";
import { ContainerJob } from "./container-job";
import { certificateRenewal } from "./schema";

/** Where the job runs. The image needs Node.js 20 or newer and OpenSSL on its PATH. */
export interface OriginCertificateArgs extends ScriptPlacement {
  /** The secret that holds it: the job makes each new certificate its newest version. */
  readonly certificate: SecretReference;
  /** The names it is for, all in zones of one account. @example ["api.example.com"] */
  readonly hostnames: readonly string[];
  /** A token that issues certificates for the names' zones. Scope: Zone: SSL and Certificates: Edit. */
  readonly token: SecretReference;
  readonly transform?: { readonly job?: Transform<JobArgs> };
}

/**
 * A job that keeps the certificate of an environment's public apps: it has one issued for 90 days by the authority that Cloudflare
 * trusts behind its edge, and a new one 32 days before that ends, or when a name is missing. Its key is made in the job and lies in the
 * vault alone: state knows neither. The old certificate stays valid, and Azure takes the vault's newest version over within 12 hours,
 * so that no request meets a certificate that has ended. See docs/decisions/0050.
 */
export class OriginCertificate extends pulumi.ComponentResource {
  readonly jobId: pulumi.Output<string>;

  constructor(name: string, args: OriginCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:containerapps:OriginCertificate", name, {}, opts);
    const { certificate, hostnames, token } = args;
    const problems = hostnames.length === 0 ? ["hostnames is empty: nobody issues a certificate for no name"] : [];
    refuse(`OriginCertificate "${name}"`, problems, args);
    const job = new ContainerJob(
      name,
      {
        ...placementOf(args),
        ...nodeCommand("programs/jobs/renew-certificate.ts"),
        trigger: { by: "schedule", cron: certificateRenewal.schedule },
        timeoutSeconds: 300,
        retries: 2,
        env: {
          SECRET_URL: certificate.uri,
          CONTENT_TYPE: certificateContentType,
          HOSTNAMES: JSON.stringify([...hostnames].sort()),
        },
        secrets: { CLOUDFLARE_API_TOKEN: token },
        roles: [{ on: certificate.name, role: "Key Vault Secrets Officer", scope: certificate.id }],
        ...(args.transform === undefined ? {} : { transform: args.transform }),
      },
      { parent: this },
    );
    this.jobId = job.id;
    this.registerOutputs({ jobId: this.jobId });
  }
}
