// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "providers/worker_frame.h"
#include "value/extended.h"
#include "value/json.h"

static void add_frame(struct buffer *in, const char *text)
{
    size_t length = strlen(text);
    const unsigned char header[] = { (unsigned char)(length >> 24), (unsigned char)(length >> 16),
                                     (unsigned char)(length >> 8), (unsigned char)length };

    buffer_add(in, header, sizeof(header));
    buffer_add(in, text, length);
}

/* Every kind of value crosses and comes back equal. */
static void values_come_back_as_they_went(void **state)
{
    static const char *const texts[] = {
        "{\"a\":[1,2.5,true,null,\"x\"]}",      "{\"id\":1,\"x\":{\"\\u0001bytes\":\"00\"}}",
        "[12345678901234567890,NaN,-Infinity]", "{\"\\u0001\\u0001\":1}",
        "{\"\\u0001date\":1,\"b\":2}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        AUTO(json) json_t *value = NULL;
        AUTO(json) json_t *message = NULL;
        AUTO(buffer) struct buffer out = { 0 };
        AUTO(worker_message) struct worker_message back = { 0 };
        AUTO(chaos_error) struct chaos_error err = { 0 };
        size_t offset = 0;
        bool found = false;

        assert_int_equal(json_parse(texts[i], strlen(texts[i]), &value, &err), 0);
        message = json_pack("{s:i, s:O}", "id", 7, "value", value);
        assert_int_equal(worker_frame_write(&out, message, &err), 0);
        assert_int_equal(worker_frame_read(&out, &offset, &back, &found, &err), 0);
        assert_true(found);
        assert_int_equal(offset, out.length);
        assert_int_equal(back.kind, WORKER_REPLY);
        assert_int_equal(back.id, 7);
        assert_true(json_equal(json_object_get(back.body, "value"), value));
    }
}

static void extended_values_are_marked_on_the_wire(void **state)
{
    AUTO(json)
    json_t *message = json_pack("{s:i, s:[o, o, o]}", "id", 1, "v", extended_bytes("\0\xff", 2),
                                extended_new(EXTENDED_DATE, "2026-11-22"),
                                extended_new(EXTENDED_DATETIME, "2026-11-22T12:00:00+00:00"));
    AUTO(buffer) struct buffer out = { 0 };
    AUTO(worker_message) struct worker_message back = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    size_t offset = 0;
    bool found = false;

    (void)state;
    assert_int_equal(worker_frame_write(&out, message, &err), 0);
    assert_string_equal(out.data + WORKER_FRAME_HEADER,
                        "{\"id\":1,\"v\":[{\"\\u0001bytes\":\"00ff\"},"
                        "{\"\\u0001date\":\"2026-11-22\"},"
                        "{\"\\u0001datetime\":\"2026-11-22T12:00:00+00:00\"}]}");
    assert_int_equal(worker_frame_read(&out, &offset, &back, &found, &err), 0);
    assert_true(json_equal(back.body, message));
}

struct kind_case {
    const char *claim;
    const char *text;
    enum worker_message_kind kind;
    const char *named;
};

static const struct kind_case kinds[] = {
    { "a hello is known", "{\"hello\":1}", WORKER_HELLO, NULL },
    { "a reply is known", "{\"id\":3,\"status\":\"failed\"}", WORKER_REPLY, NULL },
    { "a log record is known", "{\"log\":[20,\"m\",1,\"t\"]}", WORKER_LOG, NULL },
    { "a signal is known", "{\"signal\":\"USR1\"}", WORKER_SIGNAL, "USR1" },
    { "a question is known", "{\"ask\":1,\"op\":\"document\"}", WORKER_ASK, "document" },
};

static void check_kind(void **state)
{
    const struct kind_case *one = *state;
    AUTO(buffer) struct buffer in = { 0 };
    AUTO(worker_message) struct worker_message message = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    size_t offset = 0;
    bool found = false;

    add_frame(&in, one->text);
    assert_int_equal(worker_frame_read(&in, &offset, &message, &found, &err), 0);
    assert_true(found);
    assert_int_equal(message.kind, one->kind);
    if (one->named)
        assert_string_equal(message.text, one->named);
}

static void a_frame_that_is_not_whole_waits_for_the_rest(void **state)
{
    AUTO(buffer) struct buffer whole = { 0 };

    (void)state;
    add_frame(&whole, "{\"hello\":1}");
    for (size_t length = 0; length < whole.length; length++) {
        AUTO(buffer) struct buffer in = { 0 };
        AUTO(worker_message) struct worker_message message = { 0 };
        AUTO(chaos_error) struct chaos_error err = { 0 };
        size_t offset = 0;
        bool found = true;

        buffer_add(&in, whole.data, length);
        assert_int_equal(worker_frame_read(&in, &offset, &message, &found, &err), 0);
        assert_false(found);
        assert_int_equal(offset, 0);
    }
}

struct hostile_case {
    const char *claim;
    const char *bytes;
    size_t length;
    int expected;
};

static const struct hostile_case hostile[] = {
    { "a length beyond the limit is refused", "\xff\xff\xff\xff", 4, -CHAOS_E_LIMIT },
    { "what is not JSON is refused", "\0\0\0\1}", 5, -CHAOS_E_INVALID },
    { "an empty frame is refused", "\0\0\0\0", 4, -CHAOS_E_INVALID },
    { "a list is no message", "\0\0\0\2[]", 6, -CHAOS_E_REMOTE },
    { "an unknown message is refused", "\0\0\0\2{}", 6, -CHAOS_E_REMOTE },
    { "a log record of another shape is refused", "\0\0\0\x0a{\"log\":[]}", 14, -CHAOS_E_REMOTE },
    { "an id that is not a number is refused", "\0\0\0\x0a{\"id\":\"1\"}", 14, -CHAOS_E_REMOTE },
};

static void check_hostile(void **state)
{
    const struct hostile_case *one = *state;
    AUTO(buffer) struct buffer in = { 0 };
    AUTO(worker_message) struct worker_message message = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    size_t offset = 0;
    bool found = false;

    buffer_add(&in, one->bytes, one->length);
    assert_int_equal(worker_frame_read(&in, &offset, &message, &found, &err), one->expected);
    assert_false(found);
}

static void marked_text_of_the_wrong_form_stays_what_it_is(void **state)
{
    static const char *const texts[] = {
        "{\"id\":1,\"v\":{\"\\u0001bytes\":\"0\"}}",
        "{\"id\":1,\"v\":{\"\\u0001bytes\":\"zz\"}}",
        "{\"id\":1,\"v\":{\"\\u0001date\":5}}",
        "{\"id\":1,\"v\":{\"\\u0001other\":\"x\"}}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        AUTO(buffer) struct buffer in = { 0 };
        AUTO(worker_message) struct worker_message message = { 0 };
        AUTO(chaos_error) struct chaos_error err = { 0 };
        size_t offset = 0;
        bool found = false;

        add_frame(&in, texts[i]);
        assert_int_equal(worker_frame_read(&in, &offset, &message, &found, &err), 0);
        assert_true(json_is_object(json_object_get(message.body, "v")));
    }
}

static void a_reply_without_a_status_is_a_crash(void **state)
{
    AUTO(json) json_t *reply = json_pack("{s:i}", "id", 1);
    AUTO(call_result) struct call_result result = { 0 };
    bool stopped = true;

    (void)state;
    worker_reply_result(reply, &result, &stopped);
    assert_int_equal(result.status, CALL_CRASHED);
    assert_false(stopped);
}

static void an_answer_reads_back_as_the_result(void **state)
{
    AUTO(call_result) struct call_result result = { 0 };
    AUTO(call_result) struct call_result back = { 0 };
    AUTO(json) json_t *answer = NULL;
    bool stopped;

    (void)state;
    call_set(&result, CALL_EXITED, "SystemExit: 4");
    result.has_exit_code = true;
    result.exit_code = 4;
    answer = worker_answer(9, &result);
    assert_int_equal(json_integer_value(json_object_get(answer, "answer")), 9);
    worker_reply_result(answer, &back, &stopped);
    assert_int_equal(back.status, CALL_EXITED);
    assert_true(back.has_exit_code);
    assert_int_equal(back.exit_code, 4);
}

int main(void)
{
    struct CMUnitTest tests[6 + ARRAY_SIZE(kinds) + ARRAY_SIZE(hostile)] = {
        cmocka_unit_test(values_come_back_as_they_went),
        cmocka_unit_test(extended_values_are_marked_on_the_wire),
        cmocka_unit_test(a_frame_that_is_not_whole_waits_for_the_rest),
        cmocka_unit_test(marked_text_of_the_wrong_form_stays_what_it_is),
        cmocka_unit_test(a_reply_without_a_status_is_a_crash),
        cmocka_unit_test(an_answer_reads_back_as_the_result),
    };
    size_t count = 6;

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        tests[count++] = (struct CMUnitTest){
            .name = kinds[i].claim,
            .test_func = check_kind,
            .initial_state = (void *)(uintptr_t)&kinds[i],
        };
    for (size_t i = 0; i < ARRAY_SIZE(hostile); i++)
        tests[count++] = (struct CMUnitTest){
            .name = hostile[i].claim,
            .test_func = check_hostile,
            .initial_state = (void *)(uintptr_t)&hostile[i],
        };
    return cmocka_run_group_tests_name("worker frames", tests, NULL, NULL);
}
