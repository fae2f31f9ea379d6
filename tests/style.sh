#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What no compiler checks: layers, format, banned functions, sizes, documentation.
set -uo pipefail
cd "$(dirname "$0")/.."
passed=0
failed=0

check() {
  local out
  if out=$("${@:2}" 2>&1); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $1"
    echo "$out" | head -20
  fi
}

sources() { git ls-files 'src/*.[ch]' 'include/*.h' 'tests/*.[ch]' 'tools/*.[ch]' 'examples/*.[ch]'; }

no_unformatted() { sources | xargs clang-format --dry-run -Werror; }

no_banned() {
  ! git grep -nE '(^|[^_.>[:alnum:]])(strcpy|strcat|sprintf|strtok|strerror|localtime|gmtime|atoi|system|signal)\(' -- 'src/*.c' 'src/*.h' | grep -vE '^\S+: *(\*|//)|/\*'
}

no_long_files() {
  local long
  long=$(git ls-files 'src/*.c' | xargs wc -l | awk '$2 != "total" && $1 > 1000 { print $2 " has " $1 " lines" }')
  [ -z "$long" ] || { echo "$long"; return 1; }
}

no_machine_paths() { ! git grep -nE '/(work|root)/' -- ':!tests/style.sh' ':!*.bin'; }

check "includes point down" python3 tools/check_layers.py
check "the code is formatted" no_unformatted
check "no banned function is called" no_banned
check "no source file is longer than 1,000 lines" no_long_files
check "no path of a machine is named" no_machine_paths
[ -f tools/check_docs.py ] && script/build && check "pages and tables say the same" python3 tools/check_docs.py build/chaos docs/man
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
