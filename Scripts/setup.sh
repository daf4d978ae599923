#!/bin/sh
# Installs what the build needs from the system and is not there yet: PCRE2, SQLite, zlib, zstd, pkg-config.
set -eu

have() { pkg-config --exists libpcre2-8 sqlite3 zlib libzstd 2>/dev/null; }

have && exit 0

case "$(uname -s)" in
  Linux)
    command -v apt-get >/dev/null 2>&1 || {
      echo "setup: this is no Debian or Ubuntu; install the development files of PCRE2, SQLite, zlib, zstd, and pkg-config, then try again" >&2
      exit 2
    }
    if [ "$(id -u)" -eq 0 ]; then sudo=""; else sudo="sudo"; fi
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      libpcre2-dev libsqlite3-dev zlib1g-dev libzstd-dev pkg-config >/dev/null
    ;;
  Darwin)
    command -v brew >/dev/null 2>&1 || { echo "setup: install Homebrew (https://brew.sh), then try again" >&2; exit 2; }
    brew install --quiet pcre2 sqlite zstd pkgconf
    ;;
  *) echo "setup: install PCRE2, SQLite, zlib, zstd and pkg-config by hand" >&2; exit 2 ;;
esac

have || { echo "setup: pkg-config does not find libpcre2-8, sqlite3, zlib and libzstd; is PKG_CONFIG_PATH set to something else?" >&2; exit 2; }
