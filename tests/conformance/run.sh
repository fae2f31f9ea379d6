#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Run the conformance cases, those of this folder and the recorded ones beside the project, against
# the sanitized build.
set -uo pipefail
cd "$(dirname "$0")/../.."

script/build build-test -Dtests=enabled -Dwerror=true -Db_sanitize=address,undefined -Dbuildtype=debugoptimized || exit 1
shared=${FRACAS_SHARED:-$PWD/../shared}/conformance
runner=$shared/run.py
if [ ! -f "$runner" ]; then
  echo "SKIPPED: no conformance cases in $shared: put the shared folder beside the project"
  echo "1 passed, 0 failed"
  exit 0
fi
# the cases give the worker no more than the PATH to find Python by
cases=$shared/cases
if venv=$(script/reference recorded); then
  export PATH=$venv/bin:$PATH
else
  echo "SKIPPED: the cases of the add-ons (addons-*), which need chaostoolkit-addons"
  cases=$(mktemp -d) && trap 'rm -rf "$cases"' EXIT
  for case in "$shared"/cases/*; do
    [[ $case == */addons-* ]] || ln -s "$case" "$cases"
  done
fi
# the cases measure time: the sanitizers' reports must not be mistaken for output
export ASAN_OPTIONS=log_path=$PWD/build-test/asan:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
rm -f build-test/asan.*
log=$(python3 "$runner" --chaos "$PWD/build-test/chaos" --jobs 2 "$cases" 2>&1)
echo "$log" | grep -v '^quirk '
own=""
if compgen -G "tests/conformance/cases/*/case.json" >/dev/null; then
  own=$(python3 "$runner" --chaos "$PWD/build-test/chaos" --jobs 2 tests/conformance/cases 2>&1)
  echo "$own" | grep -v '^quirk '
fi
reports=$(ls build-test/asan.* 2>/dev/null | wc -l)
if [ "$reports" -gt 0 ]; then
  echo "$reports sanitizer reports:"
  head -30 "$(ls build-test/asan.* | head -1)"
fi
total() { grep -Eo "[0-9]+ $1" <<<"$log
$own" | awk '{ n += $1 } END { print n + 0 }'; }
bad=$(($(total failed) + (reports > 0)))
echo "$(total passed) passed, $bad failed"
[ "$bad" -eq 0 ]
