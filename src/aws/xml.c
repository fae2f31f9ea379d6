/* SPDX-License-Identifier: Apache-2.0 */
/* The document is parsed in place: texts and names become strings where they stand, since what is
 * decoded never grows. A string's NUL is written only after the byte it replaces was read. */
#include "aws/xml.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"

#define ARENA_CHUNK ((size_t)64 * 1024)
#define ENTITY_MAX  ((size_t)16)

struct chunk {
    struct chunk *next;
    size_t used;
    char data[] __attribute__((aligned(16)));
};

struct xml_document {
    char *copy; /* of the text; NULL when it is the caller's */
    struct chunk *chunks;
    struct xml_node *root;
};

/* An element whose end tag has not come yet. */
struct open_element {
    struct xml_node *node;
    size_t name_length;
    struct xml_node **child_end; /* where the next child goes */
};

struct parser {
    struct xml_document *document;
    char *at;
    char *end;      /* *end is NUL */
    char *text_end; /* where more text of the innermost element goes; NULL once it had a child */
    struct xml_attribute **attribute_end; /* where the next one of the open tag goes */
    size_t line;                          /* of `at`, from 1 */
    size_t depth;                         /* how many of `open` are open */
    struct open_element open[XML_DEPTH_MAX];
};

static void *arena_zero(struct xml_document *document, size_t size)
{
    struct chunk *chunk = document->chunks;
    void *place;

    size = (size + 15) & ~(size_t)15;
    if (!chunk || chunk->used + size > ARENA_CHUNK) {
        chunk = mem_alloc(sizeof(*chunk) + ARENA_CHUNK);
        chunk->used = 0;
        chunk->next = document->chunks;
        document->chunks = chunk;
    }
    place = chunk->data + chunk->used;
    chunk->used += size;
    return memset(place, 0, size);
}

static int fail(const struct parser *parser, enum chaos_errc code, const char *what,
                struct chaos_error *err)
{
    return chaos_error_set(err, code, "XML line %zu: %s", parser->line, what);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The byte at the place, consumed; NUL, and not consumed, at the end. */
static char next(struct parser *parser)
{
    if (parser->at == parser->end)
        return '\0';
    parser->line += *parser->at == '\n';
    return *parser->at++;
}

static void skip_blanks(struct parser *parser)
{
    for (; is_blank(*parser->at); parser->at++)
        parser->line += *parser->at == '\n';
}

/* A table, since names are half of what a document is made of. */
static bool is_name_char(char c)
{
    static const bool yes[256] = {
        ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['_'] = true,
        ['-'] = true,         ['.'] = true,         [':'] = true,         [0x80 ... 0xff] = true,
    };

    return yes[(unsigned char)c];
}

/* A name at the place, split at its colon. The byte behind it is returned in *ret_after and
 * consumed, and a NUL stands in its place. */
static int read_name(struct parser *parser, const char **ret_prefix, const char **ret_name,
                     char *ret_after, struct chaos_error *err)
{
    char *start = parser->at;
    char *colon = NULL;

    if (!is_name_char(*start) || (*start >= '0' && *start <= '9') || *start == '-' ||
        *start == '.' || *start == ':')
        return fail(parser, CHAOS_E_INVALID, "expected a name", err);
    for (; is_name_char(*parser->at); parser->at++) {
        if (*parser->at == ':' && !colon)
            colon = parser->at;
    }
    *ret_after = *parser->at;
    if (parser->at == parser->end)
        return fail(parser, CHAOS_E_INVALID, "the document ends within a tag", err);
    parser->line += *ret_after == '\n';
    *parser->at++ = '\0';
    *ret_prefix = "";
    *ret_name = start;
    if (colon) {
        if (!colon[1] || strchr(colon + 1, ':'))
            return fail(parser, CHAOS_E_INVALID, "a name with a ':' too many", err);
        *colon = '\0';
        *ret_prefix = start;
        *ret_name = colon + 1;
    }
    return 0;
}

static char *put_utf8(char *to, uint32_t point)
{
    if (point < 0x80) {
        *to++ = (char)point;
    } else if (point < 0x800) {
        *to++ = (char)(0xc0 | point >> 6);
        *to++ = (char)(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        *to++ = (char)(0xe0 | point >> 12);
        *to++ = (char)(0x80 | (point >> 6 & 0x3f));
        *to++ = (char)(0x80 | (point & 0x3f));
    } else {
        *to++ = (char)(0xf0 | point >> 18);
        *to++ = (char)(0x80 | (point >> 12 & 0x3f));
        *to++ = (char)(0x80 | (point >> 6 & 0x3f));
        *to++ = (char)(0x80 | (point & 0x3f));
    }
    return to;
}

/* The code point of "#10" or "#xA" before `end`; 0 for what is not one. */
static uint32_t character_reference(const char *text, const char *end)
{
    bool is_hex = text + 1 < end && text[1] == 'x';
    uint32_t point = 0;

    for (const char *p = text + (is_hex ? 2 : 1); p < end; p++) {
        uint32_t digit;

        if (*p >= '0' && *p <= '9')
            digit = (uint32_t)(*p - '0');
        else if (is_hex && (*p | 32) >= 'a' && (*p | 32) <= 'f')
            digit = (uint32_t)((*p | 32) - 'a' + 10);
        else
            return 0;
        point = point * (is_hex ? 16 : 10) + digit;
        if (point > 0x10ffff)
            return 0;
    }
    return point >= 0xd800 && point < 0xe000 ? 0 : point;
}

static char *put_entity(char *to, const char *name, const char *end)
{
    static const struct {
        const char *name;
        char c;
    } entities[] = {
        { "lt", '<' }, { "gt", '>' }, { "amp", '&' }, { "quot", '"' }, { "apos", '\'' },
    };
    size_t length = (size_t)(end - name);
    uint32_t point;

    for (size_t i = 0; i < ARRAY_SIZE(entities); i++) {
        if (strlen(entities[i].name) == length && memcmp(entities[i].name, name, length) == 0) {
            *to++ = entities[i].c;
            return to;
        }
    }
    point = *name == '#' ? character_reference(name, end) : 0;
    return point ? put_utf8(to, point) : NULL;
}

/* Bytes that stand for themselves in text and in values. */
static bool is_plain(char c)
{
    static const bool no[256] = { [0] = true,    ['<'] = true,  ['&'] = true, ['"'] = true,
                                  ['\''] = true, ['\r'] = true, ['\n'] = true };

    return !no[(unsigned char)c];
}

static int read_entity(struct parser *parser, char **out, struct chaos_error *err)
{
    char *name = parser->at + 1;
    size_t left = (size_t)(parser->end - name);
    char *end = memchr(name, ';', left < ENTITY_MAX ? left : ENTITY_MAX);

    *out = end ? put_entity(*out, name, end) : NULL;
    if (!*out)
        return fail(parser, CHAOS_E_INVALID, "not an entity after '&'", err);
    parser->at = end + 1;
    return 0;
}

/* Decode up to `stop` (not consumed) and write at `*to`, which is moved. Line ends become "\n". */
static int read_text(struct parser *parser, char stop, char **to, struct chaos_error *err)
{
    char *out = *to;

    for (;;) {
        const char *from = parser->at;
        char c;

        while (is_plain(*parser->at))
            parser->at++;
        if (out != from)
            memmove(out, from, (size_t)(parser->at - from));
        out += parser->at - from;
        c = *parser->at;
        if (parser->at == parser->end || c == stop)
            break;
        if (c == '<')
            return fail(parser, CHAOS_E_INVALID, "'<' within a value", err);
        if (c == '&') {
            int r = read_entity(parser, &out, err);

            if (r < 0)
                return r;
            continue;
        }
        parser->at += c == '\r' && parser->at[1] == '\n';
        parser->line += c == '\r' || c == '\n';
        *out++ = c == '\r' ? '\n' : c;
        parser->at++;
    }
    *to = out;
    return 0;
}

static int read_attribute(struct parser *parser, char *ret_after, struct chaos_error *err)
{
    struct xml_attribute *attribute = arena_zero(parser->document, sizeof(*attribute));
    char after = '\0', quote;
    char *to;
    int r = read_name(parser, &attribute->prefix, &attribute->name, &after, err);

    if (r < 0)
        return r;
    while (is_blank(after))
        after = next(parser);
    if (after != '=')
        return fail(parser, CHAOS_E_INVALID, "expected '=' after an attribute's name", err);
    skip_blanks(parser);
    quote = *parser->at;
    if (quote != '"' && quote != '\'')
        return fail(parser, CHAOS_E_INVALID, "expected a quoted attribute value", err);
    attribute->value = to = ++parser->at;
    r = read_text(parser, quote, &to, err);
    if (r < 0)
        return r;
    if (*parser->at != quote)
        return fail(parser, CHAOS_E_INVALID, "the document ends within a tag", err);
    parser->at++;
    *to = '\0';
    *parser->attribute_end = attribute;
    parser->attribute_end = &attribute->next;
    *ret_after = next(parser);
    return 0;
}

/* The text of the open element is complete. */
static void end_text(struct parser *parser)
{
    if (parser->text_end)
        *parser->text_end = '\0';
    parser->text_end = NULL;
}

static int close_element(struct parser *parser)
{
    end_text(parser);
    parser->depth--;
    return 0;
}

/* Make the node a child of the innermost element, or the root, and open it. */
static void open_element(struct parser *parser, struct xml_node *node)
{
    struct open_element *parent = parser->depth ? &parser->open[parser->depth - 1] : NULL;
    struct open_element *own = &parser->open[parser->depth++];

    if (parent) {
        *parent->child_end = node;
        parent->child_end = &node->next;
    } else {
        parser->document->root = node;
    }
    own->node = node;
    own->name_length = strlen(node->name);
    own->child_end = &node->first;
}

/* Behind '<'. */
static int read_start_tag(struct parser *parser, struct chaos_error *err)
{
    struct xml_node *node = arena_zero(parser->document, sizeof(*node));
    char after = '\0';
    int r;

    end_text(parser);
    if (!parser->depth && parser->document->root)
        return fail(parser, CHAOS_E_INVALID, "a second root element", err);
    if (parser->depth == XML_DEPTH_MAX)
        return fail(parser, CHAOS_E_LIMIT, "nested too deeply", err);
    node->text = "";
    parser->attribute_end = &node->attributes;
    r = read_name(parser, &node->prefix, &node->name, &after, err);
    if (r < 0)
        return r;
    open_element(parser, node);
    for (;;) {
        while (is_blank(after))
            after = next(parser);
        if (after == '>' || after == '/' || !after)
            break;
        parser->at--; /* `after` begins a name, and is no line end */
        r = read_attribute(parser, &after, err);
        if (r < 0)
            return r;
    }
    if (after == '/' && *parser->at == '>') {
        parser->at++;
        return close_element(parser);
    }
    if (after != '>')
        return fail(parser, CHAOS_E_INVALID, "expected '>' at the end of a tag", err);
    node->text = parser->text_end = parser->at;
    return 0;
}

/* Behind "</". */
static int read_end_tag(struct parser *parser, struct chaos_error *err)
{
    const struct open_element *open = parser->depth ? &parser->open[parser->depth - 1] : NULL;
    const char *prefix = "", *name = "";
    char after = '\0';
    int r;

    end_text(parser);
    /* As nearly all are written. */
    if (open && !*open->node->prefix &&
        strncmp(parser->at, open->node->name, open->name_length) == 0 &&
        parser->at[open->name_length] == '>') {
        parser->at += open->name_length + 1;
        return close_element(parser);
    }
    r = read_name(parser, &prefix, &name, &after, err);
    if (r < 0)
        return r;
    while (is_blank(after))
        after = next(parser);
    if (after != '>')
        return fail(parser, CHAOS_E_INVALID, "expected '>' at the end of a tag", err);
    if (!open || strcmp(open->node->name, name) != 0 || strcmp(open->node->prefix, prefix) != 0)
        return fail(parser, CHAOS_E_INVALID, "an end tag that matches no start tag", err);
    return close_element(parser);
}

/* Skip to behind `mark`; its start, or NULL when it does not come. */
static char *skip_past(struct parser *parser, const char *mark)
{
    char *place = strstr(parser->at, mark);

    if (!place)
        return NULL;
    for (; parser->at < place; parser->at++)
        parser->line += *parser->at == '\n';
    parser->at += strlen(mark);
    return place;
}

/* Behind "<![CDATA[". */
static int read_cdata(struct parser *parser, struct chaos_error *err)
{
    char *from = parser->at;
    char *end = skip_past(parser, "]]>");

    if (!end || !parser->depth)
        return fail(parser, CHAOS_E_INVALID, "a CDATA section that does not end", err);
    if (parser->text_end) {
        memmove(parser->text_end, from, (size_t)(end - from));
        parser->text_end += end - from;
    }
    return 0;
}

/* At '<'. */
static int read_markup(struct parser *parser, struct chaos_error *err)
{
    parser->at++;
    if (is_name_char(*parser->at))
        return read_start_tag(parser, err);
    if (*parser->at == '/') {
        parser->at++;
        return read_end_tag(parser, err);
    }
    if (str_starts(parser->at, "!--"))
        return skip_past(parser, "-->")
                   ? 0
                   : fail(parser, CHAOS_E_INVALID, "a comment that does not end", err);
    if (*parser->at == '?')
        return skip_past(parser, "?>")
                   ? 0
                   : fail(parser, CHAOS_E_INVALID, "an instruction that does not end", err);
    if (str_starts(parser->at, "![CDATA[")) {
        parser->at += strlen("![CDATA[");
        return read_cdata(parser, err);
    }
    if (*parser->at == '!')
        return fail(parser, CHAOS_E_INVALID, "a document type is not accepted", err);
    return fail(parser, CHAOS_E_INVALID, "expected a name", err);
}

static int read_character_data(struct parser *parser, struct chaos_error *err)
{
    char *nowhere;

    if (!parser->depth) {
        skip_blanks(parser);
        if (*parser->at != '<' && parser->at < parser->end)
            return fail(parser, CHAOS_E_INVALID, "text outside the root element", err);
        return 0;
    }
    if (parser->text_end)
        return read_text(parser, '<', &parser->text_end, err);
    nowhere = parser->at; /* text behind a child: checked, not kept */
    return read_text(parser, '<', &nowhere, err);
}

static int parse(struct parser *parser, struct chaos_error *err)
{
    int r;

    if (str_starts(parser->at, "\xef\xbb\xbf"))
        parser->at += 3;
    while (parser->at < parser->end) {
        r = *parser->at == '<' ? read_markup(parser, err) : read_character_data(parser, err);
        if (r < 0)
            return r;
    }
    if (parser->depth)
        return fail(parser, CHAOS_E_INVALID, "the document ends before its root element does", err);
    if (!parser->document->root)
        return fail(parser, CHAOS_E_INVALID, "no element", err);
    return 0;
}

static int parse_into(struct xml_document *document, char *text, size_t length,
                      struct chaos_error *err)
{
    struct parser parser;

    if (memchr(text, '\0', length) || !str_is_utf8(text, length))
        return chaos_error_set(err, CHAOS_E_INVALID, "XML that is not UTF-8 text");
    parser.document = document;
    parser.at = text;
    parser.end = text + length;
    parser.text_end = NULL;
    parser.attribute_end = NULL;
    parser.line = 1;
    parser.depth = 0; /* `open` is filled as it grows */
    return parse(&parser, err);
}

int xml_parse_in_place(char *text, size_t length, struct xml_document **ret_document,
                       struct chaos_error *err)
{
    AUTO(xml_document) struct xml_document *document = mem_zero(1, sizeof(*document));
    int r = parse_into(document, text, length, err);

    if (r == 0)
        *ret_document = STEAL(document);
    return r;
}

int xml_parse(const char *text, size_t length, struct xml_document **ret_document,
              struct chaos_error *err)
{
    AUTO(xml_document) struct xml_document *document = mem_zero(1, sizeof(*document));
    int r;

    document->copy = mem_alloc(length + 1);
    memcpy(document->copy, text, length);
    document->copy[length] = '\0';
    r = parse_into(document, document->copy, length, err);
    if (r == 0)
        *ret_document = STEAL(document);
    return r;
}

const struct xml_node *xml_document_root(const struct xml_document *document)
{
    return document->root;
}

void xml_document_free(struct xml_document *document)
{
    if (!document)
        return;
    while (document->chunks) {
        struct chunk *next = document->chunks->next;

        free(document->chunks);
        document->chunks = next;
    }
    free(document->copy);
    free(document);
}

const struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
    for (const struct xml_node *child = node->first; child; child = child->next) {
        if (strcmp(child->name, name) == 0)
            return child;
    }
    return NULL;
}

const char *xml_child_text(const struct xml_node *node, const char *name)
{
    const struct xml_node *child = xml_child(node, name);

    return child ? child->text : NULL;
}

void xml_escape(struct buffer *out, const char *text)
{
    for (;;) {
        size_t plain = strcspn(text, "<>&\"\r");

        buffer_add(out, text, plain);
        text += plain;
        switch (*text++) {
        case '\0':
            return;
        case '<':
            buffer_add_text(out, "&lt;");
            break;
        case '>':
            buffer_add_text(out, "&gt;");
            break;
        case '&':
            buffer_add_text(out, "&amp;");
            break;
        case '"':
            buffer_add_text(out, "&quot;");
            break;
        default: /* a carriage return, which would be read back as a line feed */
            buffer_add_text(out, "&#13;");
        }
    }
}
