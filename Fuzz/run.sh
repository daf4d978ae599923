#!/bin/sh
# Fuzzes one reader of hostile input: Fuzz/run.sh TARGET [SECONDS]
# A target is Fuzz/Targets/TARGET.swift; its first line names the folders of Sources/GPTOSS that are compiled into it:
#   // sources: Checkpoint
# Needs a Swift toolchain with libFuzzer (any Linux toolchain of swift.org). Findings lie in .build/fuzz/TARGET, or under $FUZZ_OUTPUT.
set -eu
cd "$(dirname "$0")/.."
target=$1
seconds=${2:-120}
work=${FUZZ_OUTPUT:-.build/fuzz}/$target
mkdir -p "$work/corpus"
sources=$(sed -n '1s|^// sources: ||p' "Fuzz/Targets/$target.swift")
files=
for folder in $sources; do files="$files $(find "Sources/GPTOSS/$folder" -name '*.swift' | sort)"; done
# shellcheck disable=SC2086
swiftc -sanitize=fuzzer,address -parse-as-library -swift-version 6 -O -module-name Fuzz -package-name winnow $files "Fuzz/Targets/$target.swift" -o "$work/fuzz" 2>"$work/build.log" \
  || { cat "$work/build.log"; exit 1; }
exec "$work/fuzz" "$work/corpus" "Fuzz/Seeds/$target" -dict=Fuzz/json.dict -artifact_prefix="$work/" \
  -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
