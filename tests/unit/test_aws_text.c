/* SPDX-License-Identifier: Apache-2.0 */
/* Base64, timestamps, percent-encoding and path templates. */
#include "aws/base64.h"
#include "aws/timestamp.h"
#include "aws/uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct base64_case {
    const char *bytes;
    const char *text;
};

static void base64_has_the_forms_of_rfc_4648(void **state)
{
    static const struct base64_case cases[] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(buffer) struct buffer text = { 0 };
        AUTO(buffer) struct buffer bytes = { 0 };

        base64_encode(&text, cases[i].bytes, strlen(cases[i].bytes));
        assert_string_equal(buffer_text(&text), cases[i].text);
        assert_true(base64_decode(&bytes, cases[i].text));
        assert_string_equal(buffer_text(&bytes), cases[i].bytes);
    }
}

static void what_is_not_base64_is_refused(void **state)
{
    static const char *const texts[] = { "Z", "Zg", "Zg=", "Zg===", "Zm9v=", "Zg==Zg==", "Z*==" };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        AUTO(buffer) struct buffer bytes = { 0 };

        assert_false(base64_decode(&bytes, texts[i]));
    }
}

struct time_case {
    const char *text;
    int64_t us;
};

static void timestamps_are_read_in_every_form_services_write(void **state)
{
    static const struct time_case cases[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2015-01-25T08:00:00Z", 1422172800000000 },
        { "2015-01-25T08:00Z", 1422172800000000 },
        { "2015-01-25", 1422144000000000 },
        { "2015-01-25T09:00:00+01:00", 1422172800000000 },
        { "2015-01-25 07:30:00-0030", 1422172800000000 },
        { "2000-01-02T20:34:56.123Z", 946845296123000 },
        { "20150125T080000Z", 1422172800000000 },
        { "Sun, 25 Jan 2015 08:00:00 GMT", 1422172800000000 },
        { "1422172800", 1422172800000000 },
        { "1422172800.5", 1422172800500000 },
        { "1.4221728e9", 1422172800000000 },
        { "-1", -1000000 },
        { "0001-01-01T00:00:00Z", -62135596800000000 },
        { "9999-12-31T23:59:59Z", 253402300799000000 },
        { "2024-02-29T00:00:00Z", 1709164800000000 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int64_t us;

        assert_true(aws_timestamp_parse(cases[i].text, &us));
        assert_int_equal(us, cases[i].us);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const texts[] = { "",
                                         "yesterday",
                                         "2015-13-01",
                                         "2015-02-29",
                                         "2015-1-1",
                                         "10000-01-01",
                                         "1e99",
                                         "nan",
                                         "2015-01-01T25:00:00Z",
                                         "2015-01-01T00:00:00+",
                                         "--" };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        int64_t us;

        assert_false(aws_timestamp_parse(texts[i], &us));
    }
}

static void timestamps_are_written_in_each_format(void **state)
{
    static const struct {
        int64_t us;
        enum aws_time_format format;
        const char *text;
    } cases[] = {
        { 1422172800000000, AWS_TIME_ISO8601, "2015-01-25T08:00:00Z" },
        { 1422172800000001, AWS_TIME_ISO8601, "2015-01-25T08:00:00.000001Z" },
        { 1422172800000000, AWS_TIME_RFC822, "Sun, 25 Jan 2015 08:00:00 GMT" },
        { 1422172800000000, AWS_TIME_UNIX, "1422172800" },
        { 1422172800250000, AWS_TIME_UNIX, "1422172800.25" },
        { -1250000, AWS_TIME_UNIX, "-1.25" },
        { -250000, AWS_TIME_UNIX, "-0.25" },
        { -1, AWS_TIME_ISO8601, "1969-12-31T23:59:59.999999Z" },
        { 1422172800000000, AWS_TIME_RESULT, "2015-01-25T08:00:00+00:00" },
        { -62135596800000000, AWS_TIME_RFC822, "Mon, 01 Jan 0001 00:00:00 GMT" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(buffer) struct buffer text = { 0 };

        aws_timestamp_write(&text, cases[i].us, cases[i].format);
        assert_string_equal(buffer_text(&text), cases[i].text);
    }
}

static void escaping_and_back_gives_the_same_text(void **state)
{
    static const char text[] = "a b/c?d=e&f+g%h~i_é";
    AUTO(buffer) struct buffer all = { 0 };
    AUTO(buffer) struct buffer path = { 0 };
    AUTO(buffer) struct buffer form = { 0 };
    AUTO(buffer) struct buffer back = { 0 };

    (void)state;
    uri_escape(&all, text, strlen(text), URI_ESCAPE_ALL);
    assert_string_equal(all.data, "a%20b%2Fc%3Fd%3De%26f%2Bg%25h~i_%C3%A9");
    uri_escape(&path, text, strlen(text), URI_ESCAPE_KEEP_PATH);
    assert_string_equal(path.data, "a%20b/c%3Fd%3De%26f%2Bg%25h~i_%C3%A9");
    uri_escape(&form, text, strlen(text), URI_ESCAPE_FORM);
    assert_string_equal(form.data, "a+b%2Fc%3Fd%3De%26f%2Bg%25h~i_%C3%A9");
    uri_unescape(&back, form.data, form.length, URI_ESCAPE_FORM);
    assert_string_equal(back.data, text);
}

static void a_broken_escape_stays_as_it_is(void **state)
{
    AUTO(buffer) struct buffer out = { 0 };

    (void)state;
    uri_unescape(&out, "%zz%4%41%", 9, URI_ESCAPE_ALL);
    assert_string_equal(out.data, "%zz%4A%");
}

static void a_template_takes_its_labels(void **state)
{
    AUTO(uri_pairs) struct uri_pairs labels = { 0 };
    AUTO(buffer) struct buffer out = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    uri_pairs_add(&labels, "Bucket", "my bucket/x");
    uri_pairs_add(&labels, "Key", "a/b c");
    assert_int_equal(uri_template_expand("/{Bucket}/{Key+}?tagging", &labels, &out, &err), 0);
    assert_string_equal(out.data, "/my%20bucket%2Fx/a/b%20c?tagging");
}

static void an_empty_label_is_an_error_that_names_it(void **state)
{
    AUTO(uri_pairs) struct uri_pairs labels = { 0 };
    AUTO(buffer) struct buffer out = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    uri_pairs_add(&labels, "Id", "");
    assert_int_equal(uri_template_expand("/a/{Id}", &labels, &out, &err), -CHAOS_E_INVALID);
    assert_non_null(strstr(err.message, "'Id'"));
}

static void a_path_gives_the_labels_back(void **state)
{
    static const struct {
        const char *path_template;
        const char *path;
        const char *label; /* NULL: does not match */
        const char *value;
    } cases[] = {
        { "/a/{Id}/b", "/a/1%2F2/b", "Id", "1/2" },
        { "/a/{Id}/b", "/a/1/2/b", NULL, NULL },
        { "/a/{Id}", "/a/", NULL, NULL },
        { "/{Key+}", "/x/y/z", "Key", "x/y/z" },
        { "/{Key+}/tags", "/x/y/tags", "Key", "x/y" },
        { "/{Key+}/tags", "/tags", NULL, NULL },
        { "/a?b=1", "/a", "", NULL },
        { "/a", "/a/", NULL, NULL },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(uri_pairs) struct uri_pairs labels = { 0 };
        bool matches = uri_template_match(cases[i].path_template, cases[i].path, &labels);

        assert_int_equal(matches, cases[i].label != NULL);
        if (cases[i].value)
            assert_string_equal(uri_pairs_find(&labels, cases[i].label), cases[i].value);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_has_the_forms_of_rfc_4648),
        cmocka_unit_test(what_is_not_base64_is_refused),
        cmocka_unit_test(timestamps_are_read_in_every_form_services_write),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(timestamps_are_written_in_each_format),
        cmocka_unit_test(escaping_and_back_gives_the_same_text),
        cmocka_unit_test(a_broken_escape_stays_as_it_is),
        cmocka_unit_test(a_template_takes_its_labels),
        cmocka_unit_test(an_empty_label_is_an_error_that_names_it),
        cmocka_unit_test(a_path_gives_the_labels_back),
    };

    return cmocka_run_group_tests_name("aws text", tests, NULL, NULL);
}
