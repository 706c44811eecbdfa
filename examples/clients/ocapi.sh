#!/usr/bin/env bash
# Start a job over OCAPI (Data API, Jobs), wait for its end; its log goes to stderr, the job execution to stdout.
#
#   export BASE=http://127.0.0.1:7878 CID=CLIENT CSECRET=SECRET
#   ./ocapi.sh CustomerImportJob '{"parameters": [{"name": "region", "value": "north"}]}'
#
# BASE stands for the instance, AUTH (BASE, unless told) for the account manager. Needs curl and python3.
# Exit code: 0 finished well, 13 with warnings, 10 in error, 12 aborted, 14 discarded, 15 lost; 1 refused.
set -euo pipefail
job=${1:?which job?} body=${2:-} auth=${AUTH:-$BASE}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# One request; credentials as a curl setting, because others on this machine can read a command line.
ask() {
  local credentials=$1
  shift
  curl -sS --fail-with-body --retry 5 --retry-connrefused --retry-max-time 60 -o "$answer" -K <(echo "$credentials") "$@" ||
    { echo "refused: $(member fault.message)$(member error_description)" >&2; exit 1; }
}

# A member of the answer, as in exit_status.code; nothing, when it is not there.
member() {
  python3 -c '
import json, sys
value = json.load(open(sys.argv[1]))
for name in sys.argv[2].split("."):
    value = value.get(name, {})
print(value or "")' "$answer" "$1" 2>/dev/null
}

# A token lasts half an hour; a longer job needs another.
login() {
  ask "user = \"$CID:$CSECRET\"" "$auth/dwsso/oauth2/access_token" -d grant_type=client_credentials
  bearer="header = \"Authorization: Bearer $(member access_token)\"" since=$SECONDS
}

login
executions=$BASE/s/-/dw/data/v17_4/jobs/$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1], ""))' "$job")/executions
ask "$bearer" "$executions" -H "Content-Type: application/json" -d "${body:-"{}"}"
execution=$(member id)
echo "execution $execution" >&2

until [[ $(member execution_status) =~ ^(finished|aborted)$ ]]; do
  sleep "${PAUSE:-5}"
  ((SECONDS - since < 1500)) || login
  ask "$bearer" "$executions/$execution"
done
ended=$(cat "$answer") status=$(member status) outcome=$(member exit_status.status) log=$(member log_file_path)

ask "$bearer" "$BASE/on/demandware.servlet/webdav$log"
cat "$answer" >&2
echo "$ended"

case $outcome:$status in
  ok:WARN) exit 13 ;;
  ok:*) exit 0 ;;
  *:ABORTED) exit 12 ;;
  *:DISCARDED) exit 14 ;;
  *:LOST) exit 15 ;;
  *) exit 10 ;;
esac
