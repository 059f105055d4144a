/** The Pulumi CLI is not on the PATH, or too old for the SDK. */
export class PulumiCliError extends Error {
  override name = "PulumiCliError";
}

/** Another process works on the stack. */
export class StackBusyError extends Error {
  override name = "StackBusyError";
}

/** The real engine does not know the stack. */
export class RemoteStackNotFoundError extends Error {
  override name = "RemoteStackNotFoundError";
}

export const installationAdvice = `The real engine is a separate program:
  macOS    brew install pulumi/tap/pulumi
  Linux    curl -fsSL https://get.pulumi.com | sh
  Windows  winget install pulumi
or run the same on emulated clouds with --engine sandbox.`;
