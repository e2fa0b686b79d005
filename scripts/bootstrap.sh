# shellcheck shell=sh
# What bin/up and bin/test do before Node can take over: see that Node, the packages and the programs that they need are
# there: redis-server, etcd, and for the tests zsh.
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

# Private servers need the binary only: no system service is started or touched.
ensure_redis() {
  ensure_program redis-server redis-server redis-server redis 'Redis 6.2' || fail "$problem"
}

ensure_etcd() {
  ensure_program etcd etcd-server etcd etcd 'etcd 3.4' || fail "$problem"
}

# The completion of the command line is tested in a real zsh.
ensure_zsh() {
  ensure_program zsh zsh '' zsh 'zsh 5.8' || fail "$problem"
}

# bin/up does without etcd where it can not be had.
offer_etcd() {
  ensure_program etcd etcd-server etcd etcd 'etcd 3.4' ||
    printf '%s\nGoing on without etcd: /etcd/* answers 503, everything else works.\n' "$problem" >&2
}

# ensure_program <binary> <apt package> <its service, or ''> <brew formula> <version>: installs what is missing, after asking
# where somebody can be asked. Returns 1 where it is still missing, with the reason in $problem.
ensure_program() {
  binary=$1
  command -v "$binary" >/dev/null 2>&1 && return
  sudo=''
  if command -v apt-get >/dev/null 2>&1; then
    advice="sudo apt-get install $2"
    if [ "$(id -u)" -ne 0 ]; then sudo=sudo; fi
  elif command -v brew >/dev/null 2>&1; then
    advice="brew install $4"
  else
    problem="$binary is missing: install $5 or newer with the package manager of this system."
    return 1
  fi
  problem="$binary is missing: $advice"
  if [ -n "$sudo" ] && ! command -v sudo >/dev/null 2>&1; then
    problem="$binary is missing: install it as root (apt-get install $2)."
    return 1
  fi
  if [ "$(id -u)" -eq 0 ] || [ -n "${CI:-}" ]; then
    if [ -n "$sudo" ]; then sudo='sudo -n'; fi
  elif [ -t 0 ] && [ -t 1 ]; then
    printf '%s is missing. Install it now (%s)? [y/N] ' "$binary" "$advice"
    read -r answer || answer=''
    case $answer in
    [yY]*) ;;
    *) return 1 ;;
    esac
    # Asked for the password here: the installation itself runs behind this shell, see run.
    if [ -n "$sudo" ]; then sudo -v || return 1; fi
  else
    return 1
  fi
  printf 'Installing %s…\n' "$binary"
  problem="$binary could not be installed: see above. Install it by hand: $advice"
  if [ "$advice" = "brew install $4" ]; then
    run brew install "$4" || return 1
  else
    # shellcheck disable=SC2086 # `sudo -n` is two words, none is none
    run $sudo sh scripts/install-apt.sh "$2" "$3" || return 1
  fi
  problem="$binary was installed but is not in the PATH."
  command -v "$binary" >/dev/null 2>&1
}
