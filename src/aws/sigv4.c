/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/sigv4.h"

#include <string.h>
#include <strings.h>

#include "aws/sigv4_canonical.h"
#include "base/mem.h"

#define EXPIRES_MAX_S 604800

static void remove_header(struct uri_pairs *headers, const char *name)
{
    size_t kept = 0;

    for (size_t i = 0; i < headers->count; i++) {
        struct uri_pair header = headers->items[i];

        if (strcasecmp(header.name, name) == 0) {
            free(header.name);
            free(header.value);
        } else {
            headers->items[kept++] = header;
        }
    }
    headers->count = kept;
}

/* What stands for the body: nothing, or its hash. */
static int payload_hash(const struct sigv4_scope *scope, const struct aws_request *request,
                        char **ret_hash, struct chaos_error *err)
{
    const char *given =
        scope->flags & SIGV4_UNSIGNED_PAYLOAD ? SIGV4_UNSIGNED_PAYLOAD_TEXT : scope->body_hash;
    char text[2 * DIGEST_SHA256_SIZE + 1];
    int r;

    if (given) {
        *ret_hash = mem_strdup(given);
        return 0;
    }
    r = sigv4_body_hash(&request->body, text, err);
    if (r == 0)
        *ret_hash = mem_strdup(text);
    return r;
}

int sigv4_sign(const struct sigv4_key *key, const struct sigv4_scope *scope,
               struct aws_request *request, struct chaos_error *err)
{
    char time[SIGV4_TIME_SIZE], signature[2 * DIGEST_SHA256_SIZE + 1];
    AUTO(buffer) struct buffer canonical = { 0 };
    AUTO(str) char *names = NULL, *hash = NULL, *scope_text = NULL, *header = NULL;
    struct sigv4_signing signing = { key->secret_key, time, scope };
    int r;

    sigv4_time(scope->time_us, time);
    remove_header(&request->headers, "Authorization");
    remove_header(&request->headers, "X-Amz-Content-SHA256");
    aws_header_set(&request->headers, "X-Amz-Date", time);
    if (key->session_token)
        aws_header_set(&request->headers, "X-Amz-Security-Token", key->session_token);
    r = payload_hash(scope, request, &hash, err);
    if (r < 0)
        return r;
    if (scope->flags & (SIGV4_CONTENT_HASH | SIGV4_UNSIGNED_PAYLOAD))
        aws_header_set(&request->headers, "X-Amz-Content-SHA256", hash);
    names = sigv4_signed_headers(&request->headers);
    sigv4_canonical_request(request, scope->flags, names, hash, &canonical);
    r = sigv4_signature(&signing, &canonical, signature, err);
    if (r < 0)
        return r;
    scope_text = sigv4_scope_text(time, scope);
    header = mem_printf(SIGV4_ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                        key->access_key, scope_text, names, signature);
    aws_header_set(&request->headers, "Authorization", header);
    return 0;
}

int sigv4_presign(const struct sigv4_key *key, const struct sigv4_scope *scope, int64_t expires_s,
                  struct aws_request *request, struct chaos_error *err)
{
    char time[SIGV4_TIME_SIZE], signature[2 * DIGEST_SHA256_SIZE + 1];
    AUTO(buffer) struct buffer canonical = { 0 };
    AUTO(buffer) struct buffer query = { 0 };
    AUTO(uri_pairs) struct uri_pairs added = { 0 };
    AUTO(str) char *names = NULL, *scope_text = NULL, *credential = NULL, *expires = NULL;
    AUTO(str) char *hash = NULL;
    struct sigv4_signing signing = { key->secret_key, time, scope };
    int r;

    if (expires_s < 1 || expires_s > EXPIRES_MAX_S)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "a presigned address lasts from 1 to %d seconds, not %lld",
                               EXPIRES_MAX_S, (long long)expires_s);
    sigv4_time(scope->time_us, time);
    names = sigv4_signed_headers(&request->headers);
    scope_text = sigv4_scope_text(time, scope);
    credential = mem_printf("%s/%s", key->access_key, scope_text);
    expires = mem_printf("%lld", (long long)expires_s);
    uri_pairs_add(&added, "X-Amz-Algorithm", SIGV4_ALGORITHM);
    uri_pairs_add(&added, "X-Amz-Credential", credential);
    uri_pairs_add(&added, "X-Amz-Date", time);
    uri_pairs_add(&added, "X-Amz-Expires", expires);
    uri_pairs_add(&added, "X-Amz-SignedHeaders", names);
    if (key->session_token)
        uri_pairs_add(&added, "X-Amz-Security-Token", key->session_token);
    buffer_add_text(&query, request->query);
    if (query.length)
        buffer_add_char(&query, '&');
    uri_pairs_write(&query, &added, URI_ESCAPE_ALL);
    free(request->query);
    request->query = buffer_take(&query);
    r = payload_hash(scope, request, &hash, err);
    if (r < 0)
        return r;
    sigv4_canonical_request(request, scope->flags, names, hash, &canonical);
    r = sigv4_signature(&signing, &canonical, signature, err);
    if (r < 0)
        return r;
    buffer_printf(&query, "%s&X-Amz-Signature=%s", request->query, signature);
    free(request->query);
    request->query = buffer_take(&query);
    return 0;
}
