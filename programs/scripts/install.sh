#!/bin/sh
# Installs the package that this script lies in. Run again, it changes nothing. It never touches databases, state or secrets, and
# never decides which host is primary: the agents ask the lease.
set -eu
umask 077

here=$(cd "$(dirname "$0")" && pwd)
domain="gui/$(id -u)"
lock="$ROOT/.installing"

say() { printf '%s\n' "$*"; }
refuse() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

is_whole() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum -c "$1"; else shasum -a 256 -c "$1"; fi >/dev/null 2>&1
}

# Writes what is missing or differs, whole or not at all. Sets `changed`.
place() { # from, to, mode
  changed=no
  if [ -f "$2" ] && cmp -s "$1" "$2"; then return 0; fi
  [ -d "${2%/*}" ] || mkdir -p "${2%/*}"
  cp "$1" "$2.new"
  chmod "$3" "$2.new"
  mv -f "$2.new" "$2"
  changed=yes
}

loaded() { "$LAUNCHCTL" print "$domain/$1" >/dev/null 2>&1; }

# Unloading ends after launchctl does, so loading is tried again for a while.
load() { # label, property list
  attempt=0
  attempts=${LOAD_ATTEMPTS:-20}
  while ! message=$("$LAUNCHCTL" bootstrap "$domain" "$2" 2>&1); do
    attempt=$((attempt + 1))
    if [ "$attempt" -ge "$attempts" ]; then
      printf 'error: %s is not loaded: %s\n' "$1" "$message" >&2
      return 1
    fi
    sleep 0.5
  done
}

unload() { # label
  "$LAUNCHCTL" bootout "$domain/$1" >/dev/null 2>&1 || true
}

[ -d "$HOME_DIRECTORY" ] || refuse "there is no $HOME_DIRECTORY on this host; set home in hosts.yaml or landscape:hostPlaces"
for program in "$NODE" "$LITESTREAM" "$SQLITE3" "$LAUNCHCTL"; do
  [ -x "$program" ] || refuse "there is no program $program; install it, or set programs in hosts.yaml"
done

mkdir -p "$ROOT"
if ! mkdir "$lock" 2>/dev/null; then
  owner=$(cat "$lock/pid" 2>/dev/null || true)
  if [ -z "$owner" ] || kill -0 "$owner" 2>/dev/null; then
    refuse "another installation runs (process ${owner:-unknown}); if none does, remove $lock"
  fi
fi
printf '%s\n' "$$" >"$lock/pid"
trap 'rm -rf "$lock"' EXIT

cd "$here"
is_whole manifest.sha256 || refuse "the package was damaged on its way; run the deployment again"
cut -d ' ' -f 3- manifest.sha256 >"$lock/paths"

mkdir -p "$AGENTS_DIRECTORY" "$ROOT/databases" "$ROOT/etc" "$ROOT/lib" "$ROOT/bin" "$ROOT/state/evidence" "$ROOT/logs" "$ROOT/aside"

count=0
while IFS= read -r path <&3; do
  case $path in
    files/*) path=${path#files/} ;;
    *) continue ;;
  esac
  case $path in bin/* | kits/*/bin/*) mode=700 ;; *) mode=600 ;; esac
  place "files/$path" "$ROOT/$path" "$mode"
  if [ "$changed" = yes ]; then count=$((count + 1)); fi
done 3<"$lock/paths"

# What the last package had and this one has not.
if [ -f "$ROOT/etc/installed.sha256" ]; then
  cut -d ' ' -f 3- "$ROOT/etc/installed.sha256" >"$lock/former"
  while IFS= read -r path <&3; do
    if [ -f "$path" ]; then continue; fi
    case $path in
      agents/*.plist)
        label=${path#agents/}
        label=${label%.plist}
        unload "$label"
        rm -f "$AGENTS_DIRECTORY/$label.plist"
        ;;
      files/*) rm -f "$ROOT/${path#files/}" ;;
    esac
  done 3<"$lock/former"
fi

started=0
failed=0
for list in agents/*.plist; do
  label=${list#agents/}
  label=${label%.plist}
  target="$AGENTS_DIRECTORY/$label.plist"
  place "$list" "$target" 600
  if [ "$changed" = no ] && loaded "$label"; then continue; fi
  unload "$label"
  if load "$label" "$target"; then started=$((started + 1)); else failed=$((failed + 1)); fi
done
[ "$failed" -eq 0 ] || refuse "$failed agents were not loaded; is the user logged in on this host? Run the deployment again"

place manifest.sha256 "$ROOT/etc/installed.sha256" 600
for old in "$ROOT"/incoming/*; do
  if [ -d "$old" ] && [ "$old" != "$here" ]; then rm -rf "$old"; fi
done
say "$HOST_NAME: package $PACKAGE installed, $count files written, $started agents started"
for label in $PREDECESSORS; do
  if loaded "$label"; then say "$HOST_NAME: $label goes on; when the host has its secrets: $ROOT/bin/failover replace-predecessors"; fi
done
[ -f "$ROOT/etc/secrets.env" ] || say "$HOST_NAME: has no secrets yet; run $ROOT/bin/bootstrap-secrets there"
