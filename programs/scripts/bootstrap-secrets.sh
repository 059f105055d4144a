#!/bin/sh
# Writes this host's secrets, which no deployment ever sees, to etc/secrets.env with mode 0600. Run on the host, by hand: once, and
# again whenever a secret is rotated; agents notice the new file and go on without a gap. Values come from standard input, from files
# and from the environment, never from arguments, which every user of the machine can list.
#
#   bootstrap-secrets --from prompt       asks for each value
#   bootstrap-secrets --from bitwarden    with this host's own Bitwarden session (BW_SESSION, or ~/.bw-session of mode 0600)
#   bootstrap-secrets --from key-vault    with the identity that etc/secrets.env has now: for rotation, and when Bitwarden is away
#   bootstrap-secrets --check             says whether the file is there, complete and private
set -eu
umask 077

secrets="$ROOT/etc/secrets.env"
keys="AZURE_TENANT_ID AZURE_CLIENT_ID AZURE_CLIENT_SECRET CLOUDFLARE_API_TOKEN"
draft="$secrets.new"

refuse() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}
usage() { sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; }

# The vault's and Bitwarden's name of a key of this host.
name_of() {
  case $1 in
    CLOUDFLARE_API_TOKEN) printf 'failover-dns-token' ;;
    *) printf 'host-%s-%s' "$HOST_NAME" "$(printf '%s' "${1#AZURE_}" | tr 'A-Z_' 'a-z-')" ;;
  esac
}

value_in() { # key, file
  sed -n "s/^$1=//p" "$2"
}

# As GNU writes it, then as macOS does.
mode_of() { stat -c '%a' "$1" 2>/dev/null || stat -f '%Lp' "$1"; }

check() {
  [ -f "$secrets" ] || refuse "there is no $secrets"
  [ "$(mode_of "$secrets")" = 600 ] || refuse "$secrets has mode $(mode_of "$secrets"); expected 600"
  for key in $keys; do
    [ -n "$(value_in "$key" "$secrets")" ] || refuse "$secrets has no $key"
  done
  printf '%s\n' "$HOST_NAME: secrets are complete and private"
}

from_prompt() {
  for key in $keys; do
    printf '%s: ' "$key" >&2
    stty -echo 2>/dev/null || true
    IFS= read -r value || true
    stty echo 2>/dev/null || true
    printf '\n' >&2
    printf '%s=%s\n' "$key" "$value"
  done
}

from_bitwarden() {
  if [ -z "${BW_SESSION:-}" ]; then
    session="$HOME_DIRECTORY/.bw-session"
    [ -f "$session" ] || refuse "log in to Bitwarden as this host first: bw login --apikey, then bw unlock --raw > ~/.bw-session"
    [ "$(mode_of "$session")" = 600 ] || refuse "$session has mode $(mode_of "$session"); expected 600"
    BW_SESSION=$(cat "$session")
    export BW_SESSION
  fi
  for key in $keys; do
    value=$(bw get password "$(name_of "$key")") || refuse "Bitwarden gave no $(name_of "$key")"
    printf '%s=%s\n' "$key" "$value"
  done
}

# One request; what is secret in it comes from a file, and the answer's one value is printed.
ask() { # property of the answer; curl's configuration on standard input
  curl --silent --show-error --fail --max-time 20 --config - |
    "$NODE" -e 'let t="";process.stdin.on("data",d=>t+=d).on("end",()=>{try{process.stdout.write(String(JSON.parse(t)[process.argv[1]]??""))}catch{process.exitCode=1}})' "$1"
}

from_key_vault() {
  [ -f "$secrets" ] || refuse "the vault asks who this host is, and $secrets is not there; begin with --from prompt or bitwarden"
  [ -n "$VAULT_URI" ] || refuse "this package knows no vault"
  tenant=$(value_in AZURE_TENANT_ID "$secrets")
  form="$work/form"
  # Percent-encoded: secrets hold + and other characters that a form means otherwise.
  AZURE_CLIENT_ID=$(value_in AZURE_CLIENT_ID "$secrets") AZURE_CLIENT_SECRET=$(value_in AZURE_CLIENT_SECRET "$secrets") \
    "$NODE" -e 'process.stdout.write(String(new URLSearchParams({grant_type:"client_credentials",scope:"https://vault.azure.net/.default",client_id:process.env.AZURE_CLIENT_ID,client_secret:process.env.AZURE_CLIENT_SECRET})))' >"$form"
  token=$(printf 'url = "%s/%s/oauth2/v2.0/token"\ndata = "@%s"\n' "$LOGIN_URI" "$tenant" "$form" | ask access_token)
  rm -f "$form"
  [ -n "$token" ] || refuse "the identity in $secrets was refused; begin with --from prompt or bitwarden"
  # Who the host is stays; what proves it, and what else it may do, is read anew.
  for key in AZURE_TENANT_ID AZURE_CLIENT_ID; do printf '%s=%s\n' "$key" "$(value_in "$key" "$secrets")"; done
  for key in AZURE_CLIENT_SECRET CLOUDFLARE_API_TOKEN; do
    value=$(printf 'url = "%ssecrets/%s?api-version=7.4"\nheader = "Authorization: Bearer %s"\n' "$VAULT_URI" "$(name_of "$key")" "$token" | ask value) ||
      refuse "the vault gave no $(name_of "$key")"
    printf '%s=%s\n' "$key" "$value"
  done
}

work=
leave_nothing() {
  [ -z "$work" ] || rm -rf "$work"
  rm -f "$draft"
  stty echo 2>/dev/null || true
}

write() { # source
  # dash, unlike bash, runs no EXIT trap when a signal ends it.
  trap leave_nothing EXIT
  for signal in INT TERM HUP; do trap "leave_nothing; trap - $signal EXIT; kill -s $signal $$" "$signal"; done
  work=$(mktemp -d)
  "from_$1" >"$draft"
  for key in $keys; do
    [ -n "$(value_in "$key" "$draft")" ] || refuse "$key is empty; nothing was changed"
  done
  chmod 600 "$draft"
  mv -f "$draft" "$secrets"
  printf '%s\n' "$HOST_NAME: secrets written to $secrets; agents use them within a minute"
}

case "${1:-} ${2:-}" in
  "--check ") check ;;
  "--from prompt") write prompt ;;
  "--from bitwarden") write bitwarden ;;
  "--from key-vault") write key_vault ;;
  "--help ") usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
