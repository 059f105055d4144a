#!/bin/sh
# Stops the agents and removes their property lists. Databases, state, logs and secrets stay. With a package's name, it does
# nothing when another package is installed by now.
set -eu

domain="gui/$(id -u)"
installed="$ROOT/etc/installed.sha256"

if [ "$#" -gt 0 ] && [ "$1" != "$PACKAGE" ]; then
  printf '%s\n' "$HOST_NAME: package $PACKAGE is installed, not $1; nothing is removed"
  exit 0
fi
if [ ! -f "$installed" ]; then
  printf '%s\n' "$HOST_NAME: nothing is installed"
  exit 0
fi
while read -r _ path <&3; do
  case $path in
    agents/*.plist)
      label=${path#agents/}
      label=${label%.plist}
      "$LAUNCHCTL" bootout "$domain/$label" >/dev/null 2>&1 || true
      rm -f "$AGENTS_DIRECTORY/$label.plist"
      ;;
  esac
done 3<"$installed"
rm -f "$installed"
# What was asked for before must not take over from what is loaded by hand when the agents are installed again.
rm -f "$ROOT/state/predecessors.json"
printf '%s\n' "$HOST_NAME: agents removed; databases, state and secrets are kept in $ROOT"
for label in $PREDECESSORS; do
  list="$AGENTS_DIRECTORY/$label.plist"
  if [ -f "$ROOT/replaced/$label.plist" ] && [ ! -f "$list" ]; then
    # Litestream goes on from the numbers that it finds captured beside a database, and ours count another path's.
    printf '%s\n' "$HOST_NAME: nothing does now what $label did before; to load it again:" \
      "    find '$ROOT/databases' -name '.*-litestream' -prune -exec rm -rf {} + && cp '$ROOT/replaced/$label.plist' '$list' && $LAUNCHCTL enable $domain/$label && $LAUNCHCTL bootstrap $domain '$list'"
  fi
done
