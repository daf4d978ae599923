#!/bin/sh
# Every C kernel against the scalar reference under the sanitizers: Scripts/sanitize.sh [PART]
# Parts: matmul floats attention experts packing scans threads; all by default. Needs clang with its runtime libraries: that of the Swift
# toolchain, or $CC. Exits with 1 on a finding or a difference.
set -eu
cd "$(dirname "$0")/.."
swift=$(command -v swift || true)
cc=${CC:-}
if [ -z "$cc" ] && [ -n "$swift" ] && [ -x "$(dirname "$(readlink -f "$swift")")/clang" ]; then cc=$(dirname "$(readlink -f "$swift")")/clang; fi
cc=${cc:-clang}
work=${SANITIZE_OUTPUT:-.build/sanitize}
mkdir -p "$work"

run() {
  name=$1
  flags=$2
  shift 2
  echo "== $name"
  # shellcheck disable=SC2086
  "$cc" -std=c11 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -Wall -Wno-psabi -ISources/CKernels/include -IScripts/sanitize \
    Sources/CKernels/*.c Scripts/sanitize/*.c $flags -lm -lpthread -o "$work/$name" 2>"$work/build.log" || { cat "$work/build.log"; exit 1; }
  # Some linkers warn of every symbol of the sanitizers' own libraries.
  grep -v "Cannot export local symbol" "$work/build.log" || true
  UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 ASAN_OPTIONS=detect_leaks=0:strict_string_checks=1 TSAN_OPTIONS=halt_on_error=1 "$work/$name" "$@"
}

# The thread sanitizer of Swift's clang needs Swift's libdispatch to link.
dispatch=$(dirname "$(readlink -f "$(command -v "$cc")")")/../lib/swift/linux
libraries=
if [ -e "$dispatch/libdispatch.so" ]; then libraries="-L$dispatch -Wl,-rpath,$dispatch -ldispatch -lBlocksRuntime"; fi

run address-undefined "-fsanitize=address,undefined -fno-sanitize-recover=all" "$@"
case ${1:-threads} in threads) run thread "-fsanitize=thread $libraries" threads ;; esac
echo "no findings"
