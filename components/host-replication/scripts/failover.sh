#!/bin/sh
# Orders a failover from this machine. It needs the store, the hosts and Cloudflare, and nothing else.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
exec "$NODE" "$root/lib/host.mjs" failover --settings "$root/etc/host.json" "$@"
