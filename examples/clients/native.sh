#!/usr/bin/env bash
# Start a job over runbell's own API, wait for its end; its log goes to stderr, its result to stdout.
#
#   export RUNBELL_URL=http://127.0.0.1:7878 RUNBELL_TOKEN=KEY
#   ./native.sh JOB '{"name": "Ada"}'
#
# Instead of RUNBELL_TOKEN (an API key or a token): RUNBELL_CLIENT_ID and RUNBELL_CLIENT_SECRET. Needs curl and python3.
# Exit code: 0 succeeded, 13 with warnings, 10 failed, 11 time limit, 12 stopped, 14 discarded, 15 lost; 1 refused.
set -euo pipefail
url=${RUNBELL_URL:-http://127.0.0.1:7878} job=${1:?which job?} params=${2:-}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# One request; credentials as a curl setting, because others on this machine can read a command line. A start may be sent
# again after a broken connection or a 503: with the same Idempotency-Key it is the same execution.
ask() {
  local credentials=$1
  shift
  curl -sS --fail-with-body --retry 5 --retry-connrefused --retry-max-time 60 -o "$answer" -K <(echo "$credentials") "$@" ||
    { echo "refused: $(member detail)$(member error_description)" >&2; exit 1; }
}

# A member of the answer, as in exit_status.code.
member() {
  python3 -c '
import json, sys
value = json.load(open(sys.argv[1]))
for name in sys.argv[2].split("."):
    value = (value or {}).get(name)
print("" if value is None else value)' "$answer" "$1" 2>/dev/null
}

if [ -z "${RUNBELL_TOKEN:-}" ]; then
  ask "user = \"$RUNBELL_CLIENT_ID:$RUNBELL_CLIENT_SECRET\"" "$url/oauth/token" -d grant_type=client_credentials
  RUNBELL_TOKEN=$(member access_token)
fi
bearer="header = \"Authorization: Bearer $RUNBELL_TOKEN\""

ask "$bearer" "$url/api/v1/jobs/$job/executions" -H "Content-Type: application/json" \
  -H "Idempotency-Key: $job-$$-$(date +%s%N)" -d "{\"params\": ${params:-"{}"}}"
execution=$(member id)
echo "execution $(member number): $execution" >&2

until [ -n "$(member ended_at)" ]; do
  ask "$bearer" "$url/api/v1/executions/$execution?wait=20" # answers at its end, or after 20 s
done
status=$(member status) code=$(member exit_status.code)
echo "$status ($code)" >&2

ask "$bearer" "$url/api/v1/executions/$execution/logs/raw"
cat "$answer" >&2
ask "$bearer" "$url/api/v1/executions/$execution/result" # 204 without a body when there is none
cat "$answer"

case $status in
  succeeded) [ "$code" = WARN ] && exit 13 || exit 0 ;;
  failed) [ "$code" = TIMEOUT ] && exit 11 || exit 10 ;;
  stopped) exit 12 ;;
  discarded) exit 14 ;;
  *) exit 15 ;;
esac
