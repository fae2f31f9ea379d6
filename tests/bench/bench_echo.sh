#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Compare echoserver with the article's Java server and a bare epoll loop, on loopback.
#
# usage: bench_echo.sh BUILD_DIR [JAVA_SOURCE]
#
# Each is started alone, loaded for $SECONDS_EACH (2) seconds with lines of $SIZE (64) bytes, and
# stopped; the order goes round $ROUNDS (3) times and each figure is the median. All of them log to
# a file that is thrown away (the bare loop logs nothing).
set -euo pipefail

build=${1:?usage: bench_echo.sh BUILD_DIR [JAVA_SOURCE]}
java_source=${2:-$(dirname "$0")/../../../shared/article/EchoServer.java}
seconds=${SECONDS_EACH:-2}
size=${SIZE:-64}
rounds=${ROUNDS:-3}
threads=$(($(nproc) > 1 ? $(nproc) - 1 : 1)) # as echoserver has by default
work=$(mktemp -d)
pid=
trap 'stop; rm -rf "$work"' EXIT
stop() {
    [ -z "$pid" ] || { kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; } || true
    pid=
}
ulimit -n "$(ulimit -Hn)"
descriptors=$(ulimit -n)

servers=(loop echoserver quiet)
if [ -f "$java_source" ] && command -v javac >/dev/null; then
    javac -d "$work" "$java_source"
    servers+=(java)
else
    echo "SKIPPED LOUDLY: the article's server ($java_source, javac) is not here" >&2
fi

start() { # server; sets pid and port
    rm -f "$work/log" # or the greeting of the last one is read
    case $1 in
    loop) "$build/tests/bench/echo_loop" "$threads" >"$work/log" & ;;
    echoserver) "$build/echoserver" --bind 127.0.0.1 --port 0 >"$work/log" & ;;
    quiet) "$build/echoserver" --quiet --bind 127.0.0.1 --port 0 >"$work/log" & ;;
    java) java -cp "$work" EchoServer >"$work/log" 2>/dev/null & ;; # its port is fixed: 5566
    esac
    pid=$!
    port=
    while [ -z "$port" ]; do
        sleep 0.05
        kill -0 "$pid" || { echo "$1 did not start" >&2; exit 1; }
        port=$(sed -n 's/^Listing on port \([0-9]*\)\.\.\.$/\1/p' "$work/log" 2>/dev/null || true)
    done
}

cpu_ticks() {
    awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$pid/stat" # user and system
}

# One line of figures: rate, p50, p99, least and most of a connection, peak memory, processor time.
measure() { # server connections idle
    local figures before
    start "$1"
    before=$(cpu_ticks)
    figures=$(timeout $((seconds * 2 + 20)) "$build/tests/bench/echo_bench" "$port" "$2" "$3" \
        "$size" "$seconds") || figures="0 0 0 0 0" # it broke, or took too long
    # the load runs for a quarter of the time before it counts
    echo "$figures $(awk '/VmHWM/ { print $2 }' "/proc/$pid/status")" \
        "$(awk -v ticks=$(($(cpu_ticks) - before)) -v hz="$(getconf CLK_TCK)" -v rate="${figures%% *}" \
            -v s="$seconds" 'BEGIN { print rate ? ticks / hz * 1e6 / (rate * s * 1.25) : 0 }')" \
        >>"$work/$1.$2.$3"
    stop
}

median() { # file column
    awk -v c="$2" '{ print $c }' "$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

shapes="1:0 100:0 5000:0 100:10000"
printf '%-11s %6s %6s %9s %7s %8s %8s %12s %6s %6s\n' \
    server conns idle lines/s p50/us p99/us RSS/KiB cpu-us/line /loop /java
for shape in $shapes; do
    connections=${shape%:*} idle=${shape#*:}
    if [ $((connections + idle + 100)) -gt "$descriptors" ]; then
        echo "SKIPPED LOUDLY: $shape needs more than $descriptors descriptors" >&2
        continue
    fi
    for _ in $(seq "$rounds"); do
        for server in "${servers[@]}"; do
            measure "$server" "$connections" "$idle"
        done
    done
    floor=$(median "$work/loop.$connections.$idle" 1)
    java=0
    [ ! -f "$work/java.$connections.$idle" ] || java=$(median "$work/java.$connections.$idle" 1)
    for server in "${servers[@]}"; do
        file=$work/$server.$connections.$idle
        rate=$(median "$file" 1)
        printf '%-11s %6d %6d %9d %7d %8d %8d %12.2f %6s %6s\n' "$server" "$connections" "$idle" "$rate" \
            "$(median "$file" 2)" "$(median "$file" 3)" "$(median "$file" 6)" "$(median "$file" 7)" \
            "$(awk -v a="$rate" -v b="$floor" 'BEGIN { print b ? sprintf("%.2f", a / b) : "-" }')" \
            "$(awk -v a="$rate" -v b="$java" 'BEGIN { print b ? sprintf("%.2f", a / b) : "-" }')"
    done
done
