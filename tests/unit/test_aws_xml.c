/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static void a_document_becomes_a_tree(void **state)
{
    static const char text[] = "\xef\xbb\xbf<?xml version=\"1.0\"?><!-- head -->\n"
                               "<ns:a xmlns:ns='u' x=\"1 &amp; 2\" ns:y='z' >\n"
                               "  <b>one</b><b/><c ><d>deep</d> tail </c>\n</ns:a>\n";
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(xml_document) struct xml_document *document = NULL;
    const struct xml_node *root;

    (void)state;
    assert_int_equal(xml_parse(text, strlen(text), &document, &err), 0);
    root = xml_document_root(document);
    assert_string_equal(root->name, "a");
    assert_string_equal(root->prefix, "ns");
    assert_string_equal(root->attributes->next->next->name, "y");
    assert_string_equal(root->attributes->next->next->prefix, "ns");
    assert_string_equal(root->attributes->next->value, "1 & 2");
    assert_string_equal(xml_child_text(root, "b"), "one");
    assert_string_equal(root->first->next->text, "");
    assert_string_equal(xml_child_text(xml_child(root, "c"), "d"), "deep");
    assert_null(xml_child(root, "d"));
}

static void text_is_decoded_and_joined(void **state)
{
    static const char text[] =
        "<a>x&lt;&#65;&#x1F600;<!-- gone -->y<![CDATA[<&>]]>z\r\nw<b/>not this</a>";
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(xml_document) struct xml_document *document = NULL;

    (void)state;
    assert_int_equal(xml_parse(text, strlen(text), &document, &err), 0);
    assert_string_equal(xml_document_root(document)->text, "x<A\xf0\x9f\x98\x80y<&>z\nw");
}

static void lines_are_counted_wherever_they_end(void **state)
{
    static const char *const texts[] = {
        "<a>\n\n&x;</a>",        "<a\nb='c'\n>&x;</a>",        "<a b='\n\n'>&x;</a>",
        "<!--\n\n--><a>&x;</a>", "<a><![CDATA[\n\n]]>&x;</a>", "<a>x\r\ny\r&x;</a>",
        "<a><b>\n</b\n>&x;</a>",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        AUTO(chaos_error) struct chaos_error err = { 0 };
        AUTO(xml_document) struct xml_document *document = NULL;

        assert_int_equal(xml_parse(texts[i], strlen(texts[i]), &document, &err), -CHAOS_E_INVALID);
        assert_string_equal(chaos_error_text(&err), "XML line 3: not an entity after '&'");
    }
}

static void a_text_of_the_callers_is_parsed_in_place(void **state)
{
    char text[] = "<a>x&amp;y<b c=\"d\">e</b></a>";
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(xml_document) struct xml_document *document = NULL;
    const struct xml_node *root;

    (void)state;
    assert_int_equal(xml_parse_in_place(text, strlen(text), &document, &err), 0);
    root = xml_document_root(document);
    assert_string_equal(root->text, "x&y");
    assert_true(root->text > text && root->text < text + sizeof(text));
    assert_string_equal(xml_child_text(root, "b"), "e");
}

static void what_is_not_well_formed_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        { "", "XML line 1: no element" },
        { "<a>\n<b></a>", "XML line 2: an end tag that matches no start tag" },
        { "<a>\n", "XML line 2: the document ends before its root element does" },
        { "<a/><b/>", "XML line 1: a second root element" },
        { "<a/>x", "XML line 1: text outside the root element" },
        { "<a>&nbsp;</a>", "XML line 1: not an entity after '&'" },
        { "<a>&#xD800;</a>", "XML line 1: not an entity after '&'" },
        { "<a b=c/>", "XML line 1: expected a quoted attribute value" },
        { "<a b='<'/>", "XML line 1: '<' within a value" },
        { "<a b", "XML line 1: the document ends within a tag" },
        { "<a", "XML line 1: the document ends within a tag" },
        { "<1/>", "XML line 1: expected a name" },
        { "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
          "XML line 1: a document type is not accepted" },
        { "<a><!-- ", "XML line 1: a comment that does not end" },
        { "<a>\xff</a>", "XML that is not UTF-8 text" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(chaos_error) struct chaos_error err = { 0 };
        struct xml_document *document;

        assert_int_equal(xml_parse(cases[i].text, strlen(cases[i].text), &document, &err),
                         -CHAOS_E_INVALID);
        assert_string_equal(err.message, cases[i].message);
    }
}

static void nesting_has_a_limit(void **state)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct xml_document *document;

    (void)state;
    for (int i = 0; i <= XML_DEPTH_MAX; i++)
        buffer_add_text(&text, "<a>");
    assert_int_equal(xml_parse(text.data, text.length, &document, &err), -CHAOS_E_LIMIT);
}

static void escaped_text_reads_back(void **state)
{
    static const char plain[] = "a<b>&\"c\"\r\n'd' é";
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(xml_document) struct xml_document *document = NULL;

    (void)state;
    buffer_add_text(&text, "<a b=\"");
    xml_escape(&text, plain);
    buffer_add_text(&text, "\">");
    xml_escape(&text, plain);
    buffer_add_text(&text, "</a>");
    assert_int_equal(xml_parse(text.data, text.length, &document, &err), 0);
    assert_string_equal(xml_document_root(document)->text, plain);
    assert_string_equal(xml_document_root(document)->attributes->value, plain);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_becomes_a_tree),
        cmocka_unit_test(text_is_decoded_and_joined),
        cmocka_unit_test(what_is_not_well_formed_is_refused_with_its_line),
        cmocka_unit_test(lines_are_counted_wherever_they_end),
        cmocka_unit_test(a_text_of_the_callers_is_parsed_in_place),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(escaped_text_reads_back),
    };

    return cmocka_run_group_tests_name("aws xml", tests, NULL, NULL);
}
