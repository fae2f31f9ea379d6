#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Build with ASan and UBSan, warnings as errors, and run the unit tests and the fuzz corpora.
set -uo pipefail
cd "$(dirname "$0")/.."

if ! script/build build-test -Dtests=enabled -Dwerror=true -Db_sanitize=address,undefined -Dbuildtype=debugoptimized; then
  echo "0 passed, 1 failed"
  exit 1
fi
meson test -C build-test --print-errorlogs >build-test.out 2>&1
grep -vE '^ *[0-9]+/[0-9]+ .* OK ' build-test.out | tail -60
ok=$(sed -n 's/^Ok: *\([0-9]*\).*/\1/p' build-test.out)
bad=$(sed -n 's/^\(Fail\|Timeout\|Unexpected Pass\): *\([0-9]*\).*/\2/p' build-test.out | awk "{ n += \$1 } END { print n + 0 }")
rm -f build-test.out
# the keys that all tests have are in nothing that one printed
if python3 tests/support/canary.py --meson-log build-test/meson-logs/testlog.json; then
  ok=$((${ok:-0} + 1))
else
  bad=$((${bad:-0} + 1))
fi
echo "${ok:-0} passed, ${bad:-1} failed"
[ "${bad:-1}" -eq 0 ]
