#!/bin/sh
# Orders a failover from this machine. It needs the store, the hosts and Cloudflare, and nothing else.
#
#   failover --to forge        and so on: failover --help
#   failover status            what the lease, both hosts and the record say
#   failover inference --help  which inference server counts as away
#   failover replace-predecessors --help  what replicated on this host before
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
command=failover
case ${1:-} in
  status | inference | replace-predecessors)
    command=$1
    shift
    ;;
esac
exec "$NODE" "$root/lib/host.mjs" "$command" --settings "$root/etc/host.json" "$@"
