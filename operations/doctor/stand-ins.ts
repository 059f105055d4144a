import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A value that only the sandbox knows, where a real deployment needs its own. */
export interface StandIn {
  /** Relative to the project. @example "Pulumi.prod.yaml:14" */
  readonly at: string;
  readonly value: string;
  readonly what: string;
  /** The command or page that tells the value to put there. */
  readonly mend: string;
}

/**
 * How stand-ins look, and who tells the real value. Domains and addresses are those that nobody can have: RFC 2606 (`.example`) and
 * RFC 5737 (the three networks of documentation).
 */
const kinds: readonly { readonly pattern: RegExp; readonly what: string; readonly mend: string }[] = [
  {
    pattern: /\b00000000-0000-4000-8000-[0-9a-f]{12}\b/g,
    what: "id of a subscription, tenant or principal",
    mend: "az account list --output table; az ad group list --output table",
  },
  {
    pattern: /\b(?:c0de[0-9a-f]{28}|5a1d0c0de[0-9a-f]{23})\b/g,
    what: "id at Cloudflare",
    mend: "the zone's or the account's overview at https://dash.cloudflare.com",
  },
  {
    pattern: /\b(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+(?:\/\d+)?\b/g,
    what: "public address",
    mend: "curl https://api.ipify.org",
  },
  { pattern: /\b[\w-]+\.example\b/g, what: "domain", mend: "docs/daily.md#stand-ins" },
  {
    pattern: /\b(?:Iv23example\w+|example\w+Client|60000\d)\b/g,
    what: "GitHub App or tailnet client",
    mend: "docs/security.md",
  },
  { pattern: /\bc3RhbmQtaW4=/g, what: "encrypted key of the state", mend: "pulumi stack change-secrets-provider" },
];

/**
 * The stand-ins in the configuration of a stack and in the inventory of its system, each value once a file.
 *
 * @param root the project's directory
 */
export function findStandIns(root: string, stack: string, system: string): readonly StandIn[] {
  const inventory = `stacks/${system}/inventory`;
  const files = readdirSync(join(root, inventory)).filter((file) => file.endsWith(".yaml"));
  return [`Pulumi.${stack}.yaml`, ...files.map((file) => `${inventory}/${file}`)].flatMap((file) =>
    standInsIn(file, readFileSync(join(root, file), "utf8")),
  );
}

function standInsIn(file: string, text: string): readonly StandIn[] {
  const found = new Map<string, StandIn>();
  for (const [index, line] of text.split("\n").entries()) {
    // What a comment says is nothing that is deployed.
    const content = line.replace(/(^|\s)#.*$/, "");
    for (const { pattern, what, mend } of kinds) {
      for (const [value] of content.matchAll(pattern)) {
        if (!found.has(value)) found.set(value, { at: `${file}:${index + 1}`, value, what, mend });
      }
    }
  }
  return [...found.values()];
}
