#!/bin/sh
# Runs RealServerTests against llama.cpp's server.
#
#   LLAMA_SERVER=/path/to/llama-server LLAMA_MODEL=/path/to/tiny.gguf Tests/real-server.sh
#
# Skips (exit 0) when either is absent. The server listens on 127.0.0.1 only and is stopped at the end.
set -eu
server=${LLAMA_SERVER:-}
model=${LLAMA_MODEL:-}
if [ -z "$server" ] || [ ! -x "$server" ] || [ -z "$model" ] || [ ! -f "$model" ]; then
  echo "real-server: skipped (set LLAMA_SERVER to a llama-server binary and LLAMA_MODEL to a gguf file)"
  exit 0
fi
port=${LLAMA_PORT:-18093}
key=winnow-test-key
log=$(mktemp)
"$server" -m "$model" --host 127.0.0.1 --port "$port" -c 16384 -np 2 -t 1 --alias gpt-oss-20b --api-key "$key" --no-webui >"$log" 2>&1 &
pid=$!
trap 'kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; rm -f "$log"' EXIT INT TERM
tries=0
until curl -fs "http://127.0.0.1:$port/health" >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -gt 300 ] || ! kill -0 "$pid" 2>/dev/null; then
    echo "real-server: the server did not start" >&2
    tail -20 "$log" >&2
    exit 1
  fi
  sleep 0.1
done
WINNOW_LLAMA_URL="http://127.0.0.1:$port/v1" WINNOW_LLAMA_KEY="$key" swift test -c release --filter RealServerTests "$@"
