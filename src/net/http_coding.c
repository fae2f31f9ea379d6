// SPDX-License-Identifier: Apache-2.0
#include "net/http_coding.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"

#define PIECE_SIZE ((size_t)64 * 1024)
/* RFC 9110 sets no bound; nobody sends more than two. */
#define CODINGS_MAX 8
/* How inflateInit2() is told: a window of 32 KiB, and what stands around the data (zlib.h). */
#define WINDOW_RAW (-15)
#define WINDOW_ANY (15 + 32) /* the header of zlib or of gzip */

static struct {
    __typeof__(inflateInit2_) *init;
    __typeof__(inflate) *inflate;
    __typeof__(inflateReset2) *reset;
    __typeof__(inflateEnd) *end;
    const char *missing;
} zlib;
static pthread_once_t opened = PTHREAD_ONCE_INIT;

static void find_symbol(void *library, const char *name, void *ret_function)
{
    void *found = dlsym(library, name);

    memcpy(ret_function, &found, sizeof(found));
    if (!found)
        zlib.missing = "libz.so.1 is too old: apt install zlib1g";
}

static void open_library(void)
{
    void *library = dlopen("libz.so.1", RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);

    if (!library) {
        zlib.missing = "libz.so.1 is not installed: apt install zlib1g";
        return;
    }
    find_symbol(library, "inflateInit2_", &zlib.init);
    find_symbol(library, "inflate", &zlib.inflate);
    find_symbol(library, "inflateReset2", &zlib.reset);
    find_symbol(library, "inflateEnd", &zlib.end);
}

enum coding {
    CODING_NONE,
    CODING_GZIP,
    CODING_DEFLATE,
    CODING_UNKNOWN
};

static enum coding find_coding(const char *name, size_t length)
{
    static const struct {
        const char *name;
        enum coding coding;
    } codings[] = {
        { "gzip", CODING_GZIP },
        { "x-gzip", CODING_GZIP },
        { "deflate", CODING_DEFLATE },
        { "identity", CODING_NONE },
    };

    for (size_t i = 0; i < ARRAY_SIZE(codings); i++)
        if (strlen(codings[i].name) == length && strncasecmp(codings[i].name, name, length) == 0)
            return codings[i].coding;
    return CODING_UNKNOWN;
}

/* The codings of the body in the order in which they were applied; 0 when one is not known. */
static size_t list_codings(const char *text, enum coding codings[CODINGS_MAX])
{
    size_t count = 0;

    for (text += strspn(text, ", \t"); *text; text += strspn(text, ", \t")) {
        size_t length = strcspn(text, ", \t");

        if (count == CODINGS_MAX)
            return 0;
        codings[count] = find_coding(text, length);
        if (codings[count] == CODING_UNKNOWN)
            return 0;
        count += codings[count] != CODING_NONE;
        text += length;
    }
    return count;
}

static int refuse(struct chaos_error *err)
{
    return chaos_error_set(err, CHAOS_E_REMOTE,
                           "the body is not coded as its Content-Encoding announces");
}

/* All that the stream gives, until its end. */
static int inflate_all(z_stream *stream, struct buffer *out, size_t limit, struct chaos_error *err)
{
    AUTO(mem) char *piece = mem_alloc(PIECE_SIZE);
    bool has_ended = false;
    int status;

    do {
        stream->next_out = (Bytef *)piece;
        stream->avail_out = (uInt)PIECE_SIZE;
        status = zlib.inflate(stream, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END)
            return has_ended ? 0 : refuse(err); /* what follows an end may be anything */
        if (PIECE_SIZE - stream->avail_out > limit - out->length)
            return chaos_error_set(err, CHAOS_E_LIMIT, "the answer is larger than %zu bytes",
                                   limit);
        buffer_add(out, piece, PIECE_SIZE - stream->avail_out);
        /* RFC 1952, section 2.2: a file may have several members. */
        has_ended = has_ended || status == Z_STREAM_END;
        if (status == Z_STREAM_END && stream->avail_in && zlib.reset(stream, WINDOW_ANY) == Z_OK)
            status = Z_OK;
    } while (status == Z_OK);
    return 0;
}

/* Some servers send "deflate" without the frame of zlib that it means (RFC 9110, section 8.4.1.2):
 * its two bytes are a number divisible by 31, which begins with the method 8 (RFC 1950). */
static int window_for(enum coding coding, const struct buffer *body)
{
    const unsigned char *data = (const unsigned char *)body->data;

    if (coding == CODING_DEFLATE && body->length >= 2 &&
        ((data[0] & 0x0f) != Z_DEFLATED || (data[0] << 8 | data[1]) % 31 != 0))
        return WINDOW_RAW;
    return WINDOW_ANY;
}

static int undo_one(enum coding coding, struct buffer *body, size_t limit, struct chaos_error *err)
{
    AUTO(buffer) struct buffer plain = { 0 };
    z_stream stream = { .next_in = (Bytef *)body->data, .avail_in = (uInt)body->length };
    int r;

    if (zlib.init(&stream, window_for(coding, body), ZLIB_VERSION, (int)sizeof(stream)) != Z_OK)
        return chaos_error_set(err, CHAOS_E_INTERNAL, "zlib cannot be used: no memory");
    r = inflate_all(&stream, &plain, limit, err);
    zlib.end(&stream);
    if (r < 0)
        return r;
    buffer_clear(body);
    *body = plain;
    plain = (struct buffer){ 0 };
    return 0;
}

int http_coding_undo(struct http_response *response, size_t limit, struct chaos_error *err)
{
    const char *text = http_header_find(response, "Content-Encoding");
    enum coding codings[CODINGS_MAX];
    size_t count = text ? list_codings(text, codings) : 0;

    if (!count || !response->body.length)
        return 0;
    pthread_once(&opened, open_library);
    if (zlib.missing)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "%s", zlib.missing);
    while (count) {
        int r = undo_one(codings[--count], &response->body, limit, err);

        if (r < 0)
            return r;
    }
    return 0;
}
