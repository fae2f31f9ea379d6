// SPDX-License-Identifier: Apache-2.0
#include "echo/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#define ARGS_MAX 4

static int parse(const char *const *args, struct echo_options *options, struct chaos_error *err)
{
    char *argv[ARGS_MAX + 2] = { mem_strdup("echoserver") };
    int argc = 1;
    int r;

    for (; args[argc - 1]; argc++)
        argv[argc] = mem_strdup(args[argc - 1]);
    r = echo_options_parse(argc, argv, options, err);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    return r;
}

struct refusal {
    const char *claim;
    const char *args[ARGS_MAX];
    const char *message;
};

static const struct refusal refusals[] = {
    { "a port beyond 65535 is refused",
      { "--port", "65536" },
      "--port: '65536' is not a whole number from 0 to 65535" },
    { "a port that is no number is refused",
      { "--port=http" },
      "--port: 'http' is not a whole number from 0 to 65535" },
    { "a negative number is refused",
      { "--max-line", "-1" },
      "--max-line: '-1' is not a whole number from 1 to 1073741824" },
    { "a number beyond 64 bits is refused",
      { "--max-line", "99999999999999999999999" },
      "--max-line: '99999999999999999999999' is not a whole number from 1 to 1073741824" },
    { "no threads are refused",
      { "--threads=0" },
      "--threads: '0' is not a whole number from 1 to 256" },
    { "an endless timeout is refused",
      { "--idle-timeout", "inf" },
      "--idle-timeout: 'inf' is not a number of seconds from 0 to 1000000000" },
    { "an empty timeout is refused",
      { "--idle-timeout=" },
      "--idle-timeout: '' is not a number of seconds from 0 to 1000000000" },
    { "an unknown option is named",
      { "--prot", "1" },
      "cannot understand option '--prot'; see 'echoserver --help'" },
    { "an option without its value is named",
      { "--port" },
      "no value for option '--port'; see 'echoserver --help'" },
    { "a value for an option without one is refused",
      { "--quiet=1" },
      "cannot understand option '--quiet=1'; see 'echoserver --help'" },
    { "an operand is refused",
      { "5566" },
      "'5566' is not an option, and echoserver takes nothing else; see 'echoserver --help'" },
};

static void check_refusal(void **state)
{
    const struct refusal *c = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct echo_options options;

    assert_int_equal(parse(c->args, &options, &err), -CHAOS_E_INVALID);
    assert_string_equal(chaos_error_text(&err), c->message);
}

static void the_defaults_are_those_of_the_article(void **state)
{
    static const char *const none[] = { NULL };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct echo_options options;

    (void)state;
    assert_int_equal(parse(none, &options, &err), 0);
    assert_int_equal(options.port, 5566);
    assert_null(options.address);
    assert_int_equal(options.idle_timeout_ns, 0);
    assert_true(options.threads >= 1);
    assert_false(options.quiet);
}

static void a_timeout_may_be_a_fraction_of_a_second(void **state)
{
    static const char *const half[] = { "--idle-timeout", "0.5", NULL };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct echo_options options;

    (void)state;
    assert_int_equal(parse(half, &options, &err), 0);
    assert_int_equal(options.idle_timeout_ns, CLOCK_NS_PER_S / 2);
}

#define ROWS ARRAY_SIZE(refusals)

int main(void)
{
    struct CMUnitTest tests[ROWS + 2];

    for (size_t i = 0; i < ROWS; i++)
        tests[i] = (struct CMUnitTest){
            .name = refusals[i].claim,
            .test_func = check_refusal,
            .initial_state = (void *)(uintptr_t)&refusals[i],
        };
    tests[ROWS] = (struct CMUnitTest)cmocka_unit_test(the_defaults_are_those_of_the_article);
    tests[ROWS + 1] = (struct CMUnitTest)cmocka_unit_test(a_timeout_may_be_a_fraction_of_a_second);
    return cmocka_run_group_tests_name("echo options", tests, NULL, NULL);
}
