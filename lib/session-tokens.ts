const tokens = new Set<string>();

/**
 * Remembers a token that a service gave this process for the time it runs, so that nothing shown repeats it: no variable holds it, and
 * errors quote what services were sent.
 *
 * @returns the token
 * @example rememberToken((await credential.getToken(scope)).token)
 */
export function rememberToken(token: string): string {
  tokens.add(token);
  return token;
}

/** All remembered tokens, the oldest first. */
export function sessionTokens(): ReadonlySet<string> {
  return tokens;
}
