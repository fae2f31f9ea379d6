/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/payload_hash.h"

#include <string.h>

#include "base/mem.h"
#include "net/sha256.h"

/* What a leaf of the tree covers; the last one may cover less. */
#define LEAF_SIZE ((size_t)1024 * 1024)

/* The roots of the trees that are complete, the largest first: no two of them are of one height,
 * so that 64 do for any length. */
struct tree {
    unsigned char roots[64][SHA256_SIZE];
    unsigned heights[64];
    size_t count;
};

/* The two last trees become one. */
static void join(struct tree *tree)
{
    unsigned char *left = tree->roots[tree->count - 2];

    sha256_compute(left, (size_t)2 * SHA256_SIZE, left); /* the right one lies behind it */
    tree->heights[tree->count - 2]++;
    tree->count--;
}

static int add_leaf(struct tree *tree, const char *data, size_t length, struct chaos_error *err)
{
    int r = digest_compute(DIGEST_SHA256, data, length, tree->roots[tree->count], err);

    tree->heights[tree->count++] = 0;
    while (tree->count > 1 && tree->heights[tree->count - 2] == tree->heights[tree->count - 1])
        join(tree);
    return r;
}

static void end_tree(struct tree *tree, char *text)
{
    while (tree->count > 1)
        join(tree);
    digest_hex(tree->roots[0], SHA256_SIZE, text);
}

/* Fill the piece from `offset` on. */
static int read_whole(const struct http_source *source, char *piece, size_t size, uint64_t offset,
                      struct chaos_error *err)
{
    for (size_t filled = 0; filled < size;) {
        ssize_t got =
            source->read(source->data, piece + filled, size - filled, offset + filled, err);

        if (got < 0)
            return (int)got;
        filled += (size_t)got;
    }
    return 0;
}

/* What is being computed; NULL, or a count of 0 after the end: is not asked for. */
struct hashing {
    struct digest_stream *sha256;
    struct digest_stream *md5;
    struct tree *tree;
};

static void hashing_clear(struct hashing *hashing)
{
    digest_stream_free(hashing->sha256);
    digest_stream_free(hashing->md5);
    free(hashing->tree);
}
AUTO_CLEAR(hashing, struct hashing)

static int begin(struct hashing *hashing, unsigned kinds, uint64_t length, struct chaos_error *err)
{
    int r = 0;

    if (kinds & PAYLOAD_SHA256)
        r = digest_stream_new(DIGEST_SHA256, length, &hashing->sha256, err);
    if (r == 0 && kinds & PAYLOAD_MD5)
        r = digest_stream_new(DIGEST_MD5, length, &hashing->md5, err);
    if (kinds & PAYLOAD_TREE)
        hashing->tree = mem_zero(1, sizeof(*hashing->tree));
    return r;
}

static int add(struct hashing *hashing, const char *piece, size_t length, struct chaos_error *err)
{
    int r = 0;

    if (hashing->sha256)
        r = digest_stream_add(hashing->sha256, piece, length, err);
    if (r == 0 && hashing->md5)
        r = digest_stream_add(hashing->md5, piece, length, err);
    if (r == 0 && hashing->tree)
        r = add_leaf(hashing->tree, piece, length, err);
    return r;
}

static int end(struct hashing *hashing, struct payload_hash *hash, struct chaos_error *err)
{
    unsigned char sha256[DIGEST_SHA256_SIZE];
    int r = 0;

    if (hashing->sha256)
        r = digest_stream_end(hashing->sha256, sha256, err);
    if (r == 0 && hashing->sha256)
        digest_hex(sha256, sizeof(sha256), hash->sha256);
    if (r == 0 && hashing->md5)
        r = digest_stream_end(hashing->md5, hash->md5, err);
    if (r == 0 && hashing->tree)
        end_tree(hashing->tree, hash->tree);
    return r;
}

int payload_hash_add(struct payload_hash *hash, unsigned kinds, const struct http_source *source,
                     uint64_t length, struct chaos_error *err)
{
    AUTO(mem) char *piece = NULL;
    AUTO(hashing) struct hashing hashing = { 0 };
    int r;

    kinds &= ~hash->kinds;
    if (!kinds)
        return 0;
    piece = mem_alloc(LEAF_SIZE);
    r = begin(&hashing, kinds, length, err);
    for (uint64_t at = 0; r == 0 && (at < length || at == 0); at += LEAF_SIZE) {
        size_t size = length - at < LEAF_SIZE ? (size_t)(length - at) : LEAF_SIZE;

        r = read_whole(source, piece, size, at, err);
        if (r == 0)
            r = add(&hashing, piece, size, err);
    }
    if (r == 0)
        r = end(&hashing, hash, err);
    if (r == 0)
        hash->kinds |= kinds;
    return r;
}
