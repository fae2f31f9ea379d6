/* SPDX-License-Identifier: Apache-2.0 */
/* XML is refused with a reason, or its texts survive being written and read again. */
#include <stdint.h>
#include <string.h>

#include "aws/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_node(const struct xml_node *node, struct buffer *out)
{
    buffer_printf(out, "<%s", node->name);
    for (const struct xml_attribute *a = node->attributes; a; a = a->next) {
        buffer_printf(out, " %s=\"", a->name);
        xml_escape(out, a->value);
        buffer_add_char(out, '"');
    }
    buffer_add_char(out, '>');
    xml_escape(out, node->text);
    for (const struct xml_node *child = node->first; child; child = child->next)
        write_node(child, out);
    buffer_printf(out, "</%s>", node->name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(xml_document) struct xml_document *document = NULL;
    AUTO(xml_document) struct xml_document *again = NULL;
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(buffer) struct buffer second = { 0 };

    if (xml_parse((const char *)data, size, &document, &err) < 0)
        return 0;
    write_node(xml_document_root(document), &text);
    if (xml_parse(text.data, text.length, &again, &err) < 0)
        return 0; /* a name such as "a:1": its part behind the colon is none */
    write_node(xml_document_root(again), &second);
    if (strcmp(text.data, second.data) != 0)
        abort();
    return 0;
}
