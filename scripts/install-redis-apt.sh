#!/bin/sh
# Installs Debian's redis-server for its binary only, as root: the service that comes with it is neither started now nor
# enabled for the next boot. Run by bootstrap.sh where redis-server is missing.
set -eu
policy=/usr/sbin/policy-rc.d

# Debian asks this file before it starts a service; 101 forbids it. One that stands there already is the owner's.
if [ -e "$policy" ]; then
  answer=0
  "$policy" redis-server start >/dev/null 2>&1 || answer=$?
  if [ "$answer" -ne 101 ]; then
    echo "$policy would let the installation start a system Redis: nothing was installed." >&2
    exit 1
  fi
else
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
install() {
  apt-get install --yes --quiet --no-install-recommends redis-server
}
apt-cache show redis-server >/dev/null 2>&1 || apt-get update --quiet
# Lists that are too old name packages that are gone: then once more with new ones.
install || { apt-get update --quiet && install; }

systemctl disable redis-server >/dev/null 2>&1 || update-rc.d redis-server disable >/dev/null 2>&1 || true
