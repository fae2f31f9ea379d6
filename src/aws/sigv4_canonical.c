/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/sigv4_canonical.h"

#include <string.h>
#include <strings.h>

#include "aws/timestamp.h"
#include "base/mem.h"
#include "net/sha256.h"

/* Proxies and HTTP libraries change or add these on the way. */
static const char *const unsigned_headers[] = {
    "authorization", "connection",      "expect", "transfer-encoding",
    "user-agent",    "x-amzn-trace-id", NULL,
};

static char *lower(const char *text)
{
    char *copy = mem_strdup(text);

    for (char *p = copy; *p; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    }
    return copy;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A growing array of owned texts. */
struct texts {
    char **items;
    size_t count;
};

static void texts_clear(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->items[i]);
    free(texts->items);
}

AUTO_CLEAR(texts, struct texts)

static void write_sorted(struct texts *texts, char separator, struct buffer *out)
{
    if (texts->count)
        qsort(texts->items, texts->count, sizeof(*texts->items), compare_texts);
    for (size_t i = 0; i < texts->count; i++) {
        if (i > 0)
            buffer_add_char(out, separator);
        buffer_add_text(out, texts->items[i]);
    }
}

char *sigv4_signed_headers(const struct uri_pairs *headers)
{
    AUTO(texts) struct texts names = { .items = mem_zero(headers->count + 1, sizeof(char *)) };
    AUTO(buffer) struct buffer out = { 0 };

    for (size_t i = 0; i < headers->count; i++) {
        AUTO(str) char *name = lower(headers->items[i].name);
        bool known = str_in(name, unsigned_headers);

        for (size_t j = 0; j < names.count && !known; j++)
            known = strcmp(names.items[j], name) == 0;
        if (!known)
            names.items[names.count++] = STEAL(name);
    }
    write_sorted(&names, ';', &out);
    return buffer_take(&out);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

/* Part of a query, escaped or not, in the one escaped form: so that it does not matter how the
 * sender wrote it. */
static void write_escaped_once(struct buffer *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        AUTO(buffer) struct buffer plain = { 0 };

        if (text[i] != '%' || i + 2 >= length || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
            uri_escape(out, text + i, 1, URI_ESCAPE_ALL);
            continue;
        }
        if (text[i + 1] == '0' && text[i + 2] == '0') {
            buffer_add_text(out, "%00");
        } else {
            uri_unescape(&plain, text + i, 3, URI_ESCAPE_ALL);
            uri_escape(out, plain.data, plain.length, URI_ESCAPE_ALL);
        }
        i += 2;
    }
}

static char *canonical_parameter(const char *text, size_t length)
{
    AUTO(buffer) struct buffer out = { 0 };
    const char *equals = memchr(text, '=', length);
    size_t name_length = equals ? (size_t)(equals - text) : length;

    write_escaped_once(&out, text, name_length);
    /* Sorts before every other byte that may follow a name, as names are compared first. */
    buffer_add_char(&out, '\x01');
    if (equals)
        write_escaped_once(&out, equals + 1, length - name_length - 1);
    return buffer_take(&out);
}

static void write_query(const char *query, struct buffer *out)
{
    AUTO(texts) struct texts parameters = { .items = NULL };
    size_t room = 1;
    size_t start = out->length;

    for (const char *p = query; *p; p++)
        room += *p == '&';
    parameters.items = mem_zero(room, sizeof(char *));
    while (*query) {
        size_t length = strcspn(query, "&");

        if (length && !str_starts(query, "X-Amz-Signature="))
            parameters.items[parameters.count++] = canonical_parameter(query, length);
        query += length + (query[length] == '&');
    }
    write_sorted(&parameters, '&', out);
    for (size_t i = start; i < out->length; i++) {
        if (out->data[i] == '\x01')
            out->data[i] = '=';
    }
}

/* The path without empty, "." and ".." segments. */
static void write_normal_path(const char *path, struct buffer *out)
{
    AUTO(buffer) struct buffer plain = { 0 };

    for (const char *p = path; *p;) {
        size_t length = strcspn(p, "/");

        if (length == 2 && p[0] == '.' && p[1] == '.') {
            while (plain.length && plain.data[--plain.length] != '/')
                ;
        } else if (length && !(length == 1 && p[0] == '.')) {
            buffer_add_char(&plain, '/');
            buffer_add(&plain, p, length);
        }
        p += length + (p[length] == '/');
    }
    if (plain.length == 0 || str_ends(path, "/"))
        buffer_add_char(&plain, '/');
    uri_escape(out, plain.data, plain.length, URI_ESCAPE_KEEP_PATH);
}

/* Without blanks around it, and with one where there were several. */
static void write_header_value(const char *value, struct buffer *out)
{
    bool pending = false, any = false;

    for (; *value; value++) {
        if (*value == ' ' || *value == '\t' || *value == '\n' || *value == '\r') {
            pending = any;
            continue;
        }
        if (pending)
            buffer_add_char(out, ' ');
        buffer_add_char(out, *value);
        pending = false;
        any = true;
    }
}

static void write_headers(const struct uri_pairs *headers, const char *names, struct buffer *out)
{
    while (*names) {
        size_t length = strcspn(names, ";");
        bool is_first = true;

        buffer_add(out, names, length);
        buffer_add_char(out, ':');
        for (size_t i = 0; i < headers->count; i++) {
            const struct uri_pair *header = &headers->items[i];

            if (strlen(header->name) != length || strncasecmp(header->name, names, length) != 0)
                continue;
            if (!is_first)
                buffer_add_char(out, ',');
            write_header_value(header->value, out);
            is_first = false;
        }
        buffer_add_char(out, '\n');
        names += length + (names[length] == ';');
    }
}

void sigv4_canonical_request(const struct aws_request *request, unsigned flags,
                             const char *signed_headers, const char *payload_hash,
                             struct buffer *out)
{
    buffer_printf(out, "%s\n", request->method);
    if (flags & SIGV4_PATH_AS_IS)
        buffer_add_text(out, request->path);
    else
        write_normal_path(request->path, out);
    buffer_add_char(out, '\n');
    write_query(request->query, out);
    buffer_add_char(out, '\n');
    write_headers(&request->headers, signed_headers, out);
    buffer_printf(out, "\n%s\n%s", signed_headers, payload_hash);
}

void sigv4_time(int64_t time_us, char text[SIGV4_TIME_SIZE])
{
    AUTO(buffer) struct buffer iso = { 0 };
    size_t length = 0;

    aws_timestamp_write(&iso, time_us, AWS_TIME_ISO8601);
    for (const char *p = iso.data; *p && length < SIGV4_TIME_SIZE - 2; p++) {
        if (*p != '-' && *p != ':')
            text[length++] = *p;
    }
    text[length++] = 'Z';
    text[length] = '\0';
}

char *sigv4_scope_text(const char *time, const struct sigv4_scope *scope)
{
    return mem_printf("%.8s/%s/%s/aws4_request", time, scope->region, scope->service);
}

int sigv4_body_hash(const struct buffer *body, char text[2 * DIGEST_SHA256_SIZE + 1],
                    struct chaos_error *err)
{
    unsigned char hash[DIGEST_SHA256_SIZE];
    int r = digest_compute(DIGEST_SHA256, buffer_text(body), body->length, hash, err);

    if (r == 0)
        digest_hex(hash, sizeof(hash), text);
    return r;
}

/* The signing key: the secret mixed with date, region, service. */
static void derive_key(const struct sigv4_signing *signing, unsigned char key[SHA256_SIZE])
{
    const char *parts[] = { signing->scope->region, signing->scope->service, "aws4_request" };
    AUTO(str) char *first = mem_printf("AWS4%s", signing->secret_key);

    sha256_hmac(first, strlen(first), signing->time, 8, key);
    explicit_bzero(first, strlen(first));
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        sha256_hmac(key, SHA256_SIZE, parts[i], strlen(parts[i]), key);
}

int sigv4_signature(const struct sigv4_signing *signing, const struct buffer *canonical,
                    char text[2 * DIGEST_SHA256_SIZE + 1], struct chaos_error *err)
{
    AUTO(str) char *scope_text = sigv4_scope_text(signing->time, signing->scope);
    AUTO(str) char *to_sign = NULL;
    unsigned char key[SHA256_SIZE], signature[SHA256_SIZE];
    int r = sigv4_body_hash(canonical, text, err);

    if (r < 0)
        return r;
    to_sign = mem_printf(SIGV4_ALGORITHM "\n%s\n%s\n%s", signing->time, scope_text, text);
    derive_key(signing, key);
    sha256_hmac(key, sizeof(key), to_sign, strlen(to_sign), signature);
    explicit_bzero(key, sizeof(key));
    digest_hex(signature, sizeof(signature), text);
    return 0;
}
