# Sourced by every script: strict shell, the project's root, and the toolchain on the PATH.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PWD/build/toolchain/bin:$PATH"
export CCACHE_DIR="${CCACHE_DIR:-$PWD/build/ccache}"
# Paths relative to the project, so that a second checkout with the same CCACHE_DIR compiles nothing again.
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1
# What ccache asks for before it keeps files that use precompiled headers (cmake/precompiled.cmake).
export CCACHE_SLOPPINESS=pch_defines,time_macros
export npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }

# Installs what a folder's lock names, if that is not what is there.
node_packages() {
  local lock="$1/package-lock.json"
  [ -f "$lock" ] || return 0
  [ "$1/node_modules/.package-lock.json" -nt "$lock" ] || npm --prefix "$1" ci --ignore-scripts --silent
}
