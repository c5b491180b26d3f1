#!/bin/sh
# Make sure that there is a Chromium for tests/browser, where we may install one. Never fails:
# without a browser those tests are skipped and say so.
set -u
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
[ -n "${FIRMTRADE_CHROMIUM:-}" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "No Chromium and no right to install one: the browser tests will be skipped."
    exit 0
fi
log=$(mktemp)
echo "Installing Chromium for the browser tests (once)"
if ! { DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
       DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } \
       </dev/null >"$log" 2>&1; then
    echo "Chromium could not be installed (the browser tests will be skipped):"
    tail -n 3 "$log"
fi
rm -f "$log"
