#!/usr/bin/env bash
# Start a job over DvSum's job execution API, wait for its end; the details go to stdout.
#
#   export BASE=http://127.0.0.1:7878 CID=CLIENT CSECRET=SECRET
#   ./dvsum.sh 48213
#
# BASE stands for https://apis.dvsum.ai, AUTH (BASE, unless told) for https://auth.dvsum.ai. Needs curl and python3.
# Exit code: 0 Completed, 10 Failed, 12 Stopped, 14 Discarded, 15 lost; 1 refused.
set -euo pipefail
job=${1:?which job?} auth=${AUTH:-$BASE}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# One request; credentials as a curl setting, because others on this machine can read a command line.
ask() {
  local credentials=$1
  shift
  curl -sS --fail-with-body --retry 5 --retry-connrefused --retry-max-time 60 -o "$answer" -K <(echo "$credentials") "$@" ||
    { echo "refused: $(member message || cat "$answer")" >&2; exit 1; }
}

# A member of the answer.
member() {
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$answer" "$1" 2>/dev/null
}

# A token lasts an hour; a longer job needs another.
login() {
  ask "user = \"$CID:$CSECRET\"" "$auth/oauth2/token" -d grant_type=client_credentials
  bearer="header = \"Authorization: Bearer $(member access_token)\"" since=$SECONDS
}

login

# With an Idempotency-Key the same start may be sent again: it is the same execution. DvSum itself ignores it.
ask "$bearer" -X POST "$BASE/integration/jobs/$job/execute" -H "Content-Type: application/json" \
  -H "Idempotency-Key: $job-$$-$(date +%s%N)"
execution=$(member execution_id)
echo "execution $execution" >&2

until [ "$(member is_finished)" = True ]; do
  sleep "${PAUSE:-5}"
  ((SECONDS - since < 3000)) || login
  ask "$bearer" "$BASE/integration/jobs/$execution/details" -H "Content-Type: application/json"
done
cat "$answer"

case $(member status):$(member exit_code) in
  Completed:*) exit 0 ;;
  Failed:LOST) exit 15 ;;
  Failed:*) exit 10 ;;
  Stopped:*) exit 12 ;;
  *) exit 14 ;;
esac
