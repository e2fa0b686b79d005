#!/bin/sh
# Installs a Debian package (redis-server, etcd-server, zsh) for its binary only, as root: a service that comes with it is
# neither started now nor enabled for the next boot. Run by bootstrap.sh where the binary is missing.
# Usage: install-apt.sh <package> [service]
set -eu
package=$1
service=${2:-}
policy=/usr/sbin/policy-rc.d

# Debian asks this file before it starts a service; 101 forbids it. One that stands there already is the owner's.
if [ -z "$service" ]; then
  :
elif [ -e "$policy" ]; then
  answer=0
  "$policy" "$service" start >/dev/null 2>&1 || answer=$?
  if [ "$answer" -ne 101 ]; then
    echo "$policy would let the installation start the service $service: nothing was installed." >&2
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
  apt-get install --yes --quiet --no-install-recommends "$package"
}
apt-cache show "$package" >/dev/null 2>&1 || apt-get update --quiet
# Lists that are too old name packages that are gone: then once more with new ones.
install || { apt-get update --quiet && install; }

[ -z "$service" ] || systemctl disable "$service" >/dev/null 2>&1 || update-rc.d "$service" disable >/dev/null 2>&1 || true
