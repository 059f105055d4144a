import type { EventStream } from "../events/event-stream";
import type { PendingOperation } from "../state/state-store";

/** What the real engine says when it meets operations that an interrupted run left open. */
export function warnOfPendingOperations(events: EventStream, pending: readonly PendingOperation[]): void {
  if (pending.length === 0) return;
  const listed = pending.map(({ resource, type }) => `  * ${resource.urn}, interrupted while ${type}\n`).join("");
  events.diagnostic(
    "warning",
    `Attempting to deploy or update resources with ${pending.length} pending operations from previous deployment.\n${listed}` +
      "These resources are in an unknown state because the Pulumi CLI was interrupted while waiting for changes to these " +
      "resources to complete. You should confirm whether or not the operations listed completed successfully by checking the " +
      "state of the appropriate provider. For example, if you are using AWS, you can confirm using the AWS Console.\n\n" +
      "Once you have confirmed the status of the interrupted operations, you can repair your stack using `pulumi refresh` " +
      "which will refresh the state from the provider you are using and clear the pending operations if there are any.\n\n" +
      "Note that `pulumi refresh` will need to be run interactively to clear pending CREATE operations.\n",
  );
}
