#!/usr/bin/env bash
# Install what the tests need beside Python: PostgreSQL, three browser engines, a screen, fonts, Go.
set -euo pipefail
packages=()
need() { command -v "$1" >/dev/null 2>&1 || packages+=("${@:2}"); }
need chromium chromium
need firefox-esr firefox-esr
need WebKitWebDriver webkit2gtk-driver
need Xvfb xvfb
need openssl openssl
need jq jq
PATH="$PATH:/usr/sbin" need nginx nginx
need ps procps
need go golang-go
[ -e /usr/share/gocode/src/golang.org/x/mod/sumdb/note/note.go ] ||
  packages+=(golang-golang-x-mod-dev)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || packages+=(postgresql)
[ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || packages+=(fonts-dejavu-core)
[ ${#packages[@]} = 0 ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "The tests need these packages: ${packages[*]}. Install them, then run make again." >&2
  exit 1
fi
echo "Installing ${packages[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends "${packages[@]}" >/dev/null
