#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Run the test_* programs of this folder that meson.build does not run already: those that need the
# reference, or programs without sanitizers. Exit 0 is passed, 77 skipped (it says why), anything else
# failed, and so is what prints one of the keys that all of them have.
set -uo pipefail
cd "$(dirname "$0")/../.."
. tests/support/env.sh
script/build || { echo "0 passed, 1 failed"; exit 1; }
passed=0
failed=0
for test in tests/integration/test_*; do
  [ -x "$test" ] || continue
  grep -q "$(basename "$test")" tests/integration/meson.build && continue
  log=$(timeout 900 "$test" 2>&1)
  status=$?
  swept=$(python3 tests/support/canary.py - <<<"$log") || { status=1; log=$swept; }
  case $status in
    0) passed=$((passed + 1)) ;;
    77) echo "SKIPPED $(basename "$test"): $(tail -1 <<<"$log")" ;;
    *) failed=$((failed + 1)); echo "FAILED $(basename "$test")"; tail -25 <<<"$log" ;;
  esac
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
