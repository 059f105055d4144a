import { groupOf, momentOf, type SuppressionWindow, sameRule, windowIdOf } from "../maintenance/alert-processing";
import { closeWindow, listWindows, openWindow, type WindowTools } from "../maintenance/maintenance-window";

/** Somebody who works on an app. */
interface Worker {
  /** The service's name, for messages. */
  readonly service: string;
  readonly appId: string;
  readonly by: string;
  /** How long a revision may take to come up. */
  readonly readyMinutes: number;
}

/**
 * Works on an app while its warnings tell nobody. Critical alerts of it are told, and all alerts of everything else, objectives among them.
 * The window is closed at the end, also of work that fails, and people are told of what began in it and stays. Of who was killed it ends by
 * itself, and whoever comes next tells. Work goes on where none can be opened.
 *
 * @param minutes how long it takes beside waiting for revisions
 */
export async function inMaintenance<Result>(
  { service, appId, by, readyMinutes }: Worker,
  minutes: number,
  tools: WindowTools & { readonly say: (line: string) => void },
  work: () => Promise<Result>,
): Promise<Result> {
  const attempt = async (change: () => Promise<unknown>, consequence: string): Promise<boolean> => {
    try {
      await change();
      return true;
    } catch (error) {
      tools.say(`${service}: ${consequence}: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  };
  const now = tools.clock.now();
  const id = windowIdOf(appId, "release");
  // It waits for a revision three times at most: forward, back, and for one that an up made meanwhile.
  const until = momentOf(now + (minutes + 3 * readyMinutes + 5) * 60_000);
  const window: SuppressionWindow = {
    ...{ id, scope: appId, from: momentOf(now), until, critical: false },
    description: `${by} releases ${service}`,
  };
  const isOpen = await attempt(async () => {
    const left = (await listWindows(tools, groupOf(appId))).find((one) => sameRule(one, id));
    if (left !== undefined) await closeWindow(tools, left);
    await openWindow(tools, window);
  }, "no maintenance window, so its warnings are told");
  try {
    return await work();
  } finally {
    if (isOpen)
      await attempt(
        () => closeWindow(tools, window),
        "the maintenance window ends by itself, and what it kept back is told by the next release",
      );
  }
}
