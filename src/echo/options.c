// SPDX-License-Identifier: Apache-2.0
#include "echo/options.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <string.h>

#include "base/clock.h"

#define MIB         ((size_t)1024 * 1024)
#define THREADS_MAX 256

const char echo_help[] =
    "Usage: echoserver [OPTION]...\n"
    "Answer each line with the same line, until the line is 'bye'.\n"
    "\n"
    "  --port N                port to listen on; 0: any free one (default: 5566)\n"
    "  --bind ADDR             IPv4 or IPv6 address to listen on (default: all of both)\n"
    "  --max-line BYTES        longest line; a client that exceeds it is closed\n"
    "                          (default: 1048576)\n"
    "  --max-memory BYTES      what the unfinished lines and unread answers of all\n"
    "                          clients may hold; who exceeds it is closed\n"
    "                          (default: 268435456)\n"
    "  --idle-timeout SECONDS  close clients that do nothing for so long; 0: never\n"
    "                          (default: 0)\n"
    "  --threads N             threads that serve (default: one for each core but\n"
    "                          one, at least one)\n"
    "  --quiet                 log no clients\n"
    "  -h, --help              print this help and exit\n"
    "  --version               print the version and exit\n"
    "\n"
    "SIGTERM and SIGINT: answer what was sent, close all and exit; twice: at once.\n"
    "Exit status: 0 ended by a signal, 1 cannot serve, 2 wrong usage.\n";

enum option_id {
    OPTION_PORT = 256,
    OPTION_BIND,
    OPTION_MAX_LINE,
    OPTION_MAX_MEMORY,
    OPTION_IDLE_TIMEOUT,
    OPTION_THREADS,
    OPTION_QUIET,
    OPTION_HELP,
    OPTION_VERSION,
};

static const struct option long_options[] = {
    { "port", required_argument, NULL, OPTION_PORT },
    { "bind", required_argument, NULL, OPTION_BIND },
    { "max-line", required_argument, NULL, OPTION_MAX_LINE },
    { "max-memory", required_argument, NULL, OPTION_MAX_MEMORY },
    { "idle-timeout", required_argument, NULL, OPTION_IDLE_TIMEOUT },
    { "threads", required_argument, NULL, OPTION_THREADS },
    { "quiet", no_argument, NULL, OPTION_QUIET },
    { "help", no_argument, NULL, OPTION_HELP },
    { "version", no_argument, NULL, OPTION_VERSION },
    { NULL, 0, NULL, 0 },
};

/* One core is left to the network side of the kernel, the log and new clients: with a worker on
 * every core these have to wait for the end of a worker's time slice, which the slowest answers
 * show (docs/design/echo-threads.md has the figures). */
static unsigned choose_threads(void)
{
    cpu_set_t cores;
    int count = sched_getaffinity(0, sizeof(cores), &cores) == 0 ? CPU_COUNT(&cores) - 1 : 1;

    if (count < 1)
        return 1;
    return count > THREADS_MAX ? THREADS_MAX : (unsigned)count;
}

static int parse_number(const char *name, uint64_t least, uint64_t most, uint64_t *ret_number,
                        struct chaos_error *err)
{
    uint64_t number;
    char *end;

    errno = 0;
    number = strtoull(optarg, &end, 10);
    if (optarg[0] < '0' || optarg[0] > '9' || *end || errno || number < least || number > most)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "--%s: '%s' is not a whole number from %ju to %ju", name, optarg,
                               (uintmax_t)least, (uintmax_t)most);
    *ret_number = number;
    return 0;
}

/* Zero or a decimal number of seconds. */
static int parse_seconds(const char *name, int64_t *ret_ns, struct chaos_error *err)
{
    const double most = 1e9;
    double seconds;
    char *end;

    seconds = strtod(optarg, &end);
    /* strtod() also takes "inf", "nan", "0x1" and blanks */
    if (!optarg[0] || strspn(optarg, "0123456789.") != strlen(optarg) || *end || seconds > most)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "--%s: '%s' is not a number of seconds from 0 to 1000000000", name,
                               optarg);
    *ret_ns = (int64_t)(seconds * (double)CLOCK_NS_PER_S);
    return 0;
}

static int parse_option(int id, struct echo_options *options, struct chaos_error *err)
{
    uint64_t number = 0;
    int r = 0;

    switch (id) {
    case OPTION_PORT:
        r = parse_number("port", 0, 65535, &number, err);
        options->port = (unsigned)number;
        break;
    case OPTION_BIND:
        options->address = optarg;
        break;
    case OPTION_MAX_LINE:
        r = parse_number("max-line", 1, 1024 * MIB, &number, err);
        options->max_line = number;
        break;
    case OPTION_MAX_MEMORY:
        r = parse_number("max-memory", MIB, SIZE_MAX / 2, &number, err);
        options->max_memory = number;
        break;
    case OPTION_IDLE_TIMEOUT:
        r = parse_seconds("idle-timeout", &options->idle_timeout_ns, err);
        break;
    case OPTION_THREADS:
        r = parse_number("threads", 1, THREADS_MAX, &number, err);
        options->threads = (unsigned)number;
        break;
    case OPTION_QUIET:
        options->quiet = true;
        break;
    case OPTION_HELP:
    case 'h':
        options->task = ECHO_TASK_HELP;
        break;
    case OPTION_VERSION:
        options->task = ECHO_TASK_VERSION;
        break;
    }
    return r;
}

int echo_options_parse(int argc, char **argv, struct echo_options *ret_options,
                       struct chaos_error *err)
{
    struct echo_options options = {
        .port = 5566,
        .max_line = MIB,
        .max_memory = 256 * MIB,
        .threads = choose_threads(),
    };
    int id;

    opterr = 0; /* one line for each mistake, in our words */
    optind = 0; /* forget an earlier scan */
    while (options.task == ECHO_TASK_SERVE &&
           (id = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        int r;

        if (id == '?' || id == ':')
            return chaos_error_set(err, CHAOS_E_INVALID, "%s '%s'; see 'echoserver --help'",
                                   id == ':' ? "no value for option" : "cannot understand option",
                                   argv[optind - 1]);
        r = parse_option(id, &options, err);
        if (r < 0)
            return r;
    }
    if (options.task == ECHO_TASK_SERVE && optind < argc)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "'%s' is not an option, and echoserver takes nothing else; see "
                               "'echoserver --help'",
                               argv[optind]);
    *ret_options = options;
    return 0;
}
