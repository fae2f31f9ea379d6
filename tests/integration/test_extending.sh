#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Types the commands of docs/extending.md, word for word, in an empty folder.
#
# usage: test_extending.sh CHAOS
set -eu

chaos=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# What `ninja install` would put there.
mkdir -p "$scratch/prefix/include/chaos" "$scratch/prefix/bin" "$scratch/work"
cp "$FRACAS_SOURCE_DIR"/include/chaos/error.h "$FRACAS_SOURCE_DIR"/include/chaos/extension.h \
  "$scratch/prefix/include/chaos"
sed "s|^prefix=.*|prefix=$scratch/prefix|" "$FRACAS_BUILD_DIR/meson-private/fracas.pc" \
  > "$scratch/prefix/fracas.pc"
ln -s "$chaos" "$scratch/prefix/bin/chaos"
export PATH="$scratch/prefix/bin:$PATH" PKG_CONFIG_PATH="$scratch/prefix"
export XDG_STATE_HOME="$scratch/state" HOME="$scratch"

awk '/^```sh$/ { on = 1; next } /^```/ { on = 0 } on' "$FRACAS_SOURCE_DIR/docs/extending.md" \
  > "$scratch/commands.sh"
cd "$scratch/work"
if ! sh -eu "$scratch/commands.sh" > "$scratch/output" 2>&1; then
  cat "$scratch/output"
  echo "a command of docs/extending.md failed" >&2
  exit 1
fi

# What the page promises about them.
expect() {
  if ! grep -qF -- "$1" "$scratch/output"; then
    cat "$scratch/output"
    echo "docs/extending.md promises, and the commands did not print: $1" >&2
    exit 1
  fi
}
expect "$(awk '/^```text$/ { on = 1; next } /^```/ { on = 0 } on' \
  "$FRACAS_SOURCE_DIR/docs/extending.md")"
expect "Experiment ended with status: deviated"
expect "ended with 1"
[ "$(grep -c 'Experiment ended with status: completed' "$scratch/output")" -eq 2 ] || {
  cat "$scratch/output"
  echo "the native and the Python probe did not both succeed once" >&2
  exit 1
}
