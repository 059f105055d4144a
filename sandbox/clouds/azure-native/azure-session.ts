/** What one run of the provider remembers: Azure's directory learns of new identities only after a while. */
export class AzureSession {
  private readonly newPrincipals = new Set<string>();

  noteNewPrincipal(principalId: string): void {
    this.newPrincipals.add(principalId.toLowerCase());
  }

  /** Whether the directory may not have heard of a principal yet, because this run made it. */
  isNewPrincipal(principalId: string): boolean {
    return this.newPrincipals.has(principalId.toLowerCase());
  }
}
