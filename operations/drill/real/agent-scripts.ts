import { quoted } from "../hosts/drill-host";

/** The domain of the user's login session, in which the agents are; SSH's own is another. */
const domain = '"gui/$(id -u)"';

export interface Loss {
  readonly launchctl: string;
  readonly node: string;
  readonly labels: readonly string[];
  /** Processes that are no agents, and end with them. */
  readonly others: readonly number[];
}

/** Stops processes, and says when that was. */
const stopAll =
  'for (const pid of process.argv.slice(1)) try { process.kill(Number(pid), "SIGSTOP") } catch {}; console.log("lost at " + Date.now())';

/**
 * A script that ends agents as a power cut does: all their processes stand still first, so that none can act on a signal or on the
 * end of another; then they are unloaded, so that launchd starts none of them again; then they are killed.
 *
 * It prints `lost at MILLISECONDS`. Its exit code is 1 when an agent is still loaded, which it names.
 */
export function lossScript({ labels, launchctl, node, others }: Loss): string {
  const all = labels.map(quoted).join(" ");
  return `launchctl=${quoted(launchctl)}
roots="${others.join(" ")} $(for label in ${all}; do
  "$launchctl" print ${domain}/"$label" 2> /dev/null | sed -n 's/^[[:space:]]*pid = \\([0-9]*\\)$/\\1/p' | head -n 1
done | tr '\\n' ' ')"
processes=$(ps -A -o pid=,ppid= | awk -v roots="$roots" '
  { children[$2] = children[$2] " " $1 }
  END { n = split(roots, queue, " "); for (i = 1; i <= n; i++) { print queue[i]; m = split(children[queue[i]], more, " "); for (j = 1; j <= m; j++) queue[++n] = more[j] } }')
${quoted(node)} -e ${quoted(stopAll)} $processes
for label in ${all}; do "$launchctl" bootout ${domain}/"$label" > /dev/null 2>&1 & done
sleep 1
test -z "$processes" || kill -KILL $processes 2> /dev/null
wait
left=0
for label in ${all}; do
  attempt=0
  while "$launchctl" print ${domain}/"$label" > /dev/null 2>&1; do
    attempt=$((attempt + 1))
    if [ "$attempt" -ge 20 ]; then echo "$label is still loaded"; left=1; break; fi
    sleep 0.5
  done
done
exit $left`;
}

/**
 * A script that loads agents as a login does. Unloading ends after launchctl says so, so loading is tried again for a while. What only
 * the primary runs is tried once: it may be disabled, and is then the lease agent's to start. Its exit code is 1 when an agent of the
 * first kind is not loaded, which it names.
 */
export function loadScript(
  { launchctl, agentsDirectory }: { readonly launchctl: string; readonly agentsDirectory: string },
  labels: readonly string[],
  primaryOnly: readonly string[],
): string {
  return `launchctl=${quoted(launchctl)}
load() { message=$("$launchctl" bootstrap ${domain} ${quoted(agentsDirectory)}/"$1".plist 2>&1); }
left=0
for label in ${labels.map(quoted).join(" ")}; do
  attempt=0
  until load "$label" || "$launchctl" print ${domain}/"$label" > /dev/null 2>&1; do
    attempt=$((attempt + 1))
    if [ "$attempt" -ge 20 ]; then echo "$label: $message"; left=1; break; fi
    sleep 0.5
  done
done
for label in ${primaryOnly.map(quoted).join(" ")}; do load "$label"; done
exit $left`;
}
