# shellcheck shell=sh
# What bin/up and bin/test do before Node can take over: see that Node, the packages and redis-server are there.
# Sourced, with the repository's root as the working directory.

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# Runs a slow command so that a signal to this shell alone stops it too, and is not left waiting behind it.
run() {
  "$@" &
  child=$!
  trap 'stop_child 130' INT
  trap 'stop_child 143' TERM
  trap 'stop_child 129' HUP
  status=0
  wait "$child" || status=$?
  trap - INT TERM HUP
  return "$status"
}

stop_child() {
  trap '' INT TERM HUP
  kill -TERM "$child" 2>/dev/null || true
  wait "$child" 2>/dev/null || true
  exit "$1"
}

require_node() {
  command -v node >/dev/null 2>&1 ||
    fail 'Node is missing: install Node 20.19 or newer (https://nodejs.org).'
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
    fail "Node 20.19 or newer is needed, this is $(node --version): see https://nodejs.org."
  command -v npm >/dev/null 2>&1 || fail 'npm is missing: install it, it comes with Node (https://nodejs.org).'
}

# Packages are installed when node_modules is not what package-lock.json says, however it came about.
ensure_dependencies() {
  node scripts/dependencies-installed.mjs && return
  printf 'Installing packages (npm ci)…\n'
  run npm ci --include=dev --no-audit --no-fund || fail 'npm ci failed: see above.'
}

# A private redis-server needs the binary only: no system service is started or touched.
ensure_redis() {
  command -v redis-server >/dev/null 2>&1 && return
  if command -v apt-get >/dev/null 2>&1; then
    advice='sudo apt-get install redis-server'
  elif command -v brew >/dev/null 2>&1; then
    advice='brew install redis'
  else
    fail 'redis-server is missing: install Redis 6.2 or newer with the package manager of this system.'
  fi
  sudo=''
  if [ "$(id -u)" -ne 0 ] && [ "$advice" != 'brew install redis' ]; then
    sudo=sudo
    command -v sudo >/dev/null 2>&1 || fail "redis-server is missing: install it as root (apt-get install redis-server)."
  fi
  if [ "$(id -u)" -eq 0 ] || [ -n "${CI:-}" ]; then
    if [ -n "$sudo" ]; then sudo='sudo -n'; fi
  elif [ -t 0 ] && [ -t 1 ]; then
    printf 'redis-server is missing. Install it now (%s)? [y/N] ' "$advice"
    read -r answer || answer=''
    case $answer in
    [yY]*) ;;
    *) fail "redis-server is missing: $advice" ;;
    esac
    # Asked for the password here: the installation itself runs behind this shell, see run.
    if [ -n "$sudo" ]; then sudo -v || fail "redis-server is missing: $advice"; fi
  else
    fail "redis-server is missing: $advice"
  fi
  printf 'Installing redis-server…\n'
  if [ "$advice" = 'brew install redis' ]; then
    run brew install redis || fail "redis-server could not be installed. Install it by hand: $advice"
  else
    # shellcheck disable=SC2086 # `sudo -n` is two words, none is none
    run $sudo sh scripts/install-redis-apt.sh ||
      fail "redis-server could not be installed: see above. Install it by hand: $advice"
  fi
  command -v redis-server >/dev/null 2>&1 || fail 'redis-server was installed but is not in the PATH.'
}
