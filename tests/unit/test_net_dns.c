// SPDX-License-Identifier: Apache-2.0
#include "net/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/dns_client.h"

/* The question "a.test" of type A with id 0x1234, and where its answers begin. */
#define QUESTION                                                                                   \
    "\x01"                                                                                         \
    "a\x04"                                                                                        \
    "test\0"                                                                                       \
    "\0\x01"                                                                                       \
    "\0\x01"
#define HEADER(flags, questions, answers) "\x12\x34" flags "\0" questions "\0" answers "\0\0\0\0"
#define ADDRESS_RECORD                                                                             \
    "\xc0\x0c"                                                                                     \
    "\0\x01\0\x01"                                                                                 \
    "\0\0\0\x3c"                                                                                   \
    "\0\x04"                                                                                       \
    "\xc0\0\x02\x01"
#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

struct reply_case {
    const char *claim;
    const uint8_t *data;
    size_t length;
    int result;
    const char *value; /* of the first record, NULL: none */
};

static const struct reply_case reply_cases[] = {
    { "an address is read", BYTES(HEADER("\x81\x80", "\1", "\1") QUESTION ADDRESS_RECORD), 0,
      "192.0.2.1" },
    { "the case of the question may differ",
      BYTES(HEADER("\x81\x80", "\1", "\0") "\x01"
                                           "A\x04"
                                           "TEST\0\0\x01\0\x01"),
      0, NULL },
    { "another id is not our answer", BYTES("\x12\x35\x81\x80\0\1\0\0\0\0\0\0" QUESTION),
      -CHAOS_E_NOT_FOUND, NULL },
    { "a question is not an answer", BYTES(HEADER("\x01\0", "\1", "\0") QUESTION),
      -CHAOS_E_NOT_FOUND, NULL },
    { "another type is not our answer",
      BYTES(HEADER("\x81\x80", "\1", "\0") "\x01"
                                           "a\x04"
                                           "test\0\0\x1c\0\x01"),
      -CHAOS_E_NOT_FOUND, NULL },
    { "a message shorter than its header is not our answer", BYTES("\x12\x34\x81"),
      -CHAOS_E_NOT_FOUND, NULL },
    { "a success without a question is not our answer", BYTES(HEADER("\x81\x80", "\0", "\0")),
      -CHAOS_E_NOT_FOUND, NULL },
    { "an error without a question is", BYTES(HEADER("\x81\x81", "\0", "\0")), 0, NULL },
    { "a record that ends early is broken",
      BYTES(HEADER("\x81\x80", "\1", "\1") QUESTION "\xc0\x0c\0\x01\0\x01"), -CHAOS_E_REMOTE,
      NULL },
    { "a record that ends early is left out where the message was cut",
      BYTES(HEADER("\x83\x80", "\1", "\2") QUESTION ADDRESS_RECORD "\xc0\x0c"), 0, "192.0.2.1" },
    { "data longer than its record is broken",
      BYTES(HEADER("\x81\x80", "\1", "\1") QUESTION "\xc0\x0c"
                                                    "\0\x01\0\x01"
                                                    "\0\0\0\x3c"
                                                    "\0\x05"
                                                    "\xc0\0\x02\x01\x01"),
      -CHAOS_E_REMOTE, NULL },
    { "a name that points at itself is broken",
      BYTES(HEADER("\x81\x80", "\1", "\1") QUESTION "\xc0\x18"
                                                    "\0\x01\0\x01"
                                                    "\0\0\0\x3c"
                                                    "\0\x04"
                                                    "\xc0\0\x02\x01"),
      -CHAOS_E_REMOTE, NULL },
    { "a name that points forward is broken",
      BYTES(HEADER("\x81\x80", "\1", "\1") QUESTION "\xc0\x20"
                                                    "\0\x01\0\x01"
                                                    "\0\0\0\x3c"
                                                    "\0\x04"
                                                    "\xc0\0\x02\x01"),
      -CHAOS_E_REMOTE, NULL },
    { "a label of a reserved kind is broken",
      BYTES(HEADER("\x81\x80", "\1", "\1") QUESTION "\x80"
                                                    "\0\x01\0\x01"
                                                    "\0\0\0\x3c"
                                                    "\0\x04"
                                                    "\xc0\0\x02\x01"),
      -CHAOS_E_REMOTE, NULL },
    { "a dot within a label is escaped",
      BYTES(HEADER("\x81\x80", "\1", "\1") QUESTION "\xc0\x0c"
                                                    "\0\x05\0\x01"
                                                    "\0\0\0\x3c"
                                                    "\0\x05"
                                                    "\x03"
                                                    "a.\x07\0"),
      0, "a\\.\\007" },
    { "the root is a dot",
      BYTES(HEADER("\x81\x80", "\1", "\1") QUESTION "\xc0\x0c"
                                                    "\0\x05\0\x01"
                                                    "\0\0\0\x3c"
                                                    "\0\x01\0"),
      0, "." },
    { "data of an unknown type is shown in hexadecimal",
      BYTES(HEADER("\x81\x80", "\1", "\1") QUESTION "\xc0\x0c"
                                                    "\x01\x01\0\x01"
                                                    "\0\0\0\x3c"
                                                    "\0\x02"
                                                    "\xab\xcd"),
      0, "\\# 2 abcd" },
};

static void check_reply(void **state)
{
    const struct reply_case *c = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(dns_reply) struct dns_reply reply = { 0 };
    struct dns_question question = { .id = 0x1234 };
    const json_t *first;

    assert_int_equal(dns_question_set(&question, "a.test", dns_type_parse("A"), &err), 0);
    assert_int_equal(dns_reply_parse(c->data, c->length, &question, &reply, &err), c->result);
    if (c->result < 0)
        return;
    first = json_array_get(reply.records, 0);
    if (c->value)
        assert_string_equal(json_string_value(json_object_get(first, "value")), c->value);
    else
        assert_null(first);
}

static void a_query_is_what_rfc_1035_says(void **state)
{
    static const char wanted[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0" QUESTION;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct dns_question question = { .id = 0x1234 };
    uint8_t query[DNS_QUERY_MAX];

    (void)state;
    assert_int_equal(dns_question_set(&question, "a.test.", dns_type_parse("a"), &err), 0);
    assert_int_equal(dns_query_write(&question, query), sizeof(wanted) - 1);
    assert_memory_equal(query, wanted, sizeof(wanted) - 1);
}

static void a_name_of_255_bytes_fits_and_a_longer_one_does_not(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct dns_question question = { 0 };
    char name[260];

    (void)state;
    memset(name, 'x', sizeof(name));
    for (size_t i = 63; i < sizeof(name); i += 64)
        name[i] = '.';
    name[253] = '\0'; /* labels of 63, 63, 63 and 61: 255 bytes on the wire */
    assert_int_equal(dns_question_set(&question, name, 1, &err), 0);
    assert_int_equal(question.name_length, DNS_NAME_MAX);
    name[253] = 'x';
    name[254] = '\0';
    assert_int_equal(dns_question_set(&question, name, 1, &err), -CHAOS_E_INVALID);
}

static void the_root_can_be_asked_for(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct dns_question question = { 0 };

    (void)state;
    assert_int_equal(dns_question_set(&question, ".", 2, &err), 0);
    assert_int_equal(question.name_length, 1);
}

static void servers_are_read_from_resolv_conf(void **state)
{
    union address servers[DNS_SERVERS_MAX];
    char text[ADDRESS_TEXT_SIZE];

    (void)state;
    assert_int_equal(dns_servers_parse("# nameserver 192.0.2.9\n"
                                       "search example.test\n"
                                       "nameserver 192.0.2.1\n"
                                       "nameserver\t2001:db8::1 ; second\n"
                                       "nameserver nonsense\n"
                                       "nameserver 192.0.2.3\n"
                                       "nameserver 192.0.2.4\n",
                                       53, servers),
                     3);
    assert_string_equal(address_port_text(&servers[0], text), "192.0.2.1:53");
    assert_string_equal(address_port_text(&servers[1], text), "[2001:db8::1]:53");
    assert_string_equal(address_port_text(&servers[2], text), "192.0.2.3:53");
}

static const struct CMUnitTest other_tests[] = {
    cmocka_unit_test(a_query_is_what_rfc_1035_says),
    cmocka_unit_test(a_name_of_255_bytes_fits_and_a_longer_one_does_not),
    cmocka_unit_test(the_root_can_be_asked_for),
    cmocka_unit_test(servers_are_read_from_resolv_conf),
};

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(reply_cases) + ARRAY_SIZE(other_tests)];

    for (size_t i = 0; i < ARRAY_SIZE(reply_cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = reply_cases[i].claim,
            .test_func = check_reply,
            .initial_state = (void *)(uintptr_t)&reply_cases[i],
        };
    memcpy(tests + ARRAY_SIZE(reply_cases), other_tests, sizeof(other_tests));
    return cmocka_run_group_tests_name("dns", tests, NULL, NULL);
}
