#!/usr/bin/env bash
# Installs what pip cannot: as root on Debian or Ubuntu by apt, otherwise one line that says what is missing.
# usage: system-packages.sh python|sandbox|browser
set -eu

missing() {
  case "$1" in
    python) python=$(for p in python3.11 python3.12 python3.13 python3; do command -v $p && break; done || true)
            { [ -n "$python" ] && "$python" -c 'import ensurepip, venv' 2>/dev/null; } || echo "python3-venv" ;;
    sandbox) command -v bwrap >/dev/null || echo "bubblewrap"
             command -v setpriv >/dev/null || echo "util-linux"
             ldconfig -p 2>/dev/null | grep -q 'libseccomp\.so\.2' || echo "libseccomp2" ;;
    browser) { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null || echo "chromium" ;;
  esac
}

wanted=$(missing "$1" | tr '\n' ' ')
[ -z "${wanted// /}" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing $wanted..." >&2
  export DEBIAN_FRONTEND=noninteractive
  log=$(mktemp)
  if { apt-get update -qq && apt-get install -y -qq --no-install-recommends $wanted; } >"$log" 2>&1; then
    rm -f "$log"
    exit 0
  fi
  tail -n 5 "$log" >&2
  rm -f "$log"
fi

case "$1" in
  browser) echo "Chromium is missing: the browser tests will be skipped (Debian, Ubuntu: apt-get install chromium)." >&2 ;;
  *) echo "Missing: $wanted - please run: sudo apt-get install -y $wanted" >&2; exit 1 ;;
esac
