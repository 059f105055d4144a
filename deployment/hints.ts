/** An error of a cloud or of the engine that says what is wrong and not what to do, and what to do. */
interface Hint {
  readonly pattern: RegExp;
  /** @param stack the stack in which it went wrong, as a person types it */
  readonly advice: (found: RegExpExecArray, stack: string) => string;
}

const hints: readonly Hint[] = [
  {
    // Key Vault, App Configuration, Cognitive Services, API Management: each keeps the names of what was deleted.
    pattern: /\bdeleted state\b|\bsoft[- ]?deleted?\b/i,
    advice: (_found, stack) =>
      `the cloud keeps the names of what was deleted (a vault's for 90 days). Set another landscape:generation in Pulumi.${stack}.yaml, or recover what was deleted, and run it again`,
  },
  {
    pattern: /unknown stack "(?:[^"/]*\/)*([^"/]+)"/,
    advice: ([, needed = ""]) =>
      `outputs of the stack ${needed} are read here, and it was never deployed. First: npm start -- --stack ${needed} on the sandbox, npm run up -- --stack ${needed} --engine pulumi on the real engine`,
  },
];

/**
 * What to do about an error, where its own words do not say it; undefined where nothing is known.
 *
 * @param urn what the error is about; undefined for the operation as a whole
 */
export function hintFor(message: string, urn: string | undefined): string | undefined {
  const stack = urn?.split("::")[0]?.split(":").at(-1) ?? "<stack>";
  for (const { pattern, advice } of hints) {
    const found = pattern.exec(message);
    if (found !== null) return advice(found, stack);
  }
  return undefined;
}
