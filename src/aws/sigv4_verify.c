/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of Signature Version 4. */
#include <string.h>

#include "aws/sigv4.h"
#include "aws/sigv4_canonical.h"
#include "aws/timestamp.h"
#include "base/mem.h"

#define US_PER_S INT64_C(1000000)

/* What a request says about its signature; all owned. */
struct claim {
    char *access_key, *date, *region, *service;
    char *time;
    char *signed_headers;
    char *signature;
    char *token;
    int64_t expires_s; /* -1: not presigned */
};

static void claim_clear(struct claim *claim)
{
    free(claim->access_key);
    free(claim->date);
    free(claim->region);
    free(claim->service);
    free(claim->time);
    free(claim->signed_headers);
    free(claim->signature);
    free(claim->token);
}

AUTO_CLEAR(claim, struct claim)

void sigv4_signer_clear(struct sigv4_signer *signer)
{
    free(signer->access_key);
    free(signer->region);
    free(signer->service);
    *signer = (struct sigv4_signer){ 0 };
}

static int refuse(struct sigv4_signer *signer, const char *code, const char *why,
                  struct chaos_error *err)
{
    signer->refusal = code;
    return chaos_error_set(err, CHAOS_E_INVALID, "%s", why);
}

/* The next part of `*text` up to `separator`, owned; NULL when there is none. */
static char *next_part(const char **text, char separator)
{
    const char *end;
    char *part;

    if (!*text)
        return NULL;
    end = strchr(*text, separator);
    part = end ? mem_strndup(*text, (size_t)(end - *text)) : mem_strdup(*text);
    *text = end ? end + 1 : NULL;
    return part;
}

/* "AKID/20150830/us-east-1/service/aws4_request". */
static bool read_credential(const char *text, struct claim *claim)
{
    AUTO(str) char *end = NULL;

    claim->access_key = next_part(&text, '/');
    claim->date = next_part(&text, '/');
    claim->region = next_part(&text, '/');
    claim->service = next_part(&text, '/');
    end = next_part(&text, '/');
    return end && !text && strcmp(end, "aws4_request") == 0 && *claim->access_key;
}

/* The value of "Name=value" in a list separated by commas; owned, NULL for none. */
static char *field_of(const char *list, const char *name)
{
    size_t length = strlen(name);

    while (*list) {
        list += strspn(list, ", ");
        if (strncmp(list, name, length) == 0 && list[length] == '=')
            return mem_strndup(list + length + 1, strcspn(list + length + 1, ", "));
        list += strcspn(list, ",");
    }
    return NULL;
}

static int read_header(const struct aws_request *request, const char *header, struct claim *claim,
                       struct sigv4_signer *signer, struct chaos_error *err)
{
    const char *list = header + strlen(SIGV4_ALGORITHM);
    const char *time = aws_header_find(&request->headers, "X-Amz-Date");
    const char *token = aws_header_find(&request->headers, "X-Amz-Security-Token");
    AUTO(str) char *credential = NULL;

    if (!str_starts(header, SIGV4_ALGORITHM " "))
        return refuse(signer, "IncompleteSignature",
                      "the Authorization header is not of " SIGV4_ALGORITHM, err);
    credential = field_of(list, "Credential");
    claim->signed_headers = field_of(list, "SignedHeaders");
    claim->signature = field_of(list, "Signature");
    claim->time = mem_strdup(time ? time : aws_header_find(&request->headers, "Date"));
    claim->token = mem_strdup(token);
    claim->expires_s = -1;
    if (!credential || !claim->signed_headers || !claim->signature || !claim->time)
        return refuse(signer, "IncompleteSignature",
                      "the Authorization header lacks Credential, SignedHeaders or Signature, or "
                      "the request its X-Amz-Date",
                      err);
    if (!read_credential(credential, claim))
        return refuse(signer, "IncompleteSignature", "the Credential is not a scope", err);
    return 0;
}

static int read_query(const struct aws_request *request, struct claim *claim,
                      struct sigv4_signer *signer, struct chaos_error *err)
{
    AUTO(uri_pairs) struct uri_pairs query = { 0 };
    const char *algorithm, *credential, *expires;
    char *end;
    int r = uri_pairs_parse(&query, request->query, strlen(request->query), URI_ESCAPE_ALL, err);

    if (r < 0)
        return r;
    algorithm = uri_pairs_find(&query, "X-Amz-Algorithm");
    if (!algorithm)
        return refuse(signer, "MissingAuthenticationToken", "the request is not signed", err);
    credential = uri_pairs_find(&query, "X-Amz-Credential");
    expires = uri_pairs_find(&query, "X-Amz-Expires");
    claim->time = mem_strdup(uri_pairs_find(&query, "X-Amz-Date"));
    claim->signed_headers = mem_strdup(uri_pairs_find(&query, "X-Amz-SignedHeaders"));
    claim->signature = mem_strdup(uri_pairs_find(&query, "X-Amz-Signature"));
    claim->token = mem_strdup(uri_pairs_find(&query, "X-Amz-Security-Token"));
    if (strcmp(algorithm, SIGV4_ALGORITHM) != 0 || !credential || !expires || !claim->time ||
        !claim->signed_headers || !claim->signature || !read_credential(credential, claim))
        return refuse(signer, "IncompleteSignature", "the query's signature is not complete", err);
    claim->expires_s = strtoll(expires, &end, 10);
    if (*end || end == expires || claim->expires_s < 1 || claim->expires_s > 604800)
        return refuse(signer, "IncompleteSignature", "X-Amz-Expires is not 1 to 604800", err);
    return 0;
}

static int check_time(struct claim *claim, int64_t now_us, struct sigv4_signer *signer,
                      struct chaos_error *err)
{
    int64_t from = -(SIGV4_SKEW_S * US_PER_S), until = SIGV4_SKEW_S * US_PER_S;
    char canonical[SIGV4_TIME_SIZE];
    int64_t then_us;

    if (!aws_timestamp_parse(claim->time, &then_us))
        return refuse(signer, "IncompleteSignature", "the request's date is not a date", err);
    if (claim->expires_s >= 0)
        until = claim->expires_s * US_PER_S;
    if (now_us - then_us < from || now_us - then_us > until)
        return refuse(signer, "RequestExpired",
                      "the request was signed too long ago, or in the future", err);
    sigv4_time(then_us, canonical);
    if (strncmp(canonical, claim->date, 8) != 0 || strlen(claim->date) != 8)
        return refuse(signer, "SignatureDoesNotMatch",
                      "the date of the scope is not that of the request", err);
    free(claim->time);
    claim->time = mem_strdup(canonical);
    return 0;
}

static bool names_host(const char *signed_headers)
{
    while (*signed_headers) {
        size_t length = strcspn(signed_headers, ";");

        if (length == 4 && strncmp(signed_headers, "host", 4) == 0)
            return true;
        signed_headers += length + (signed_headers[length] == ';');
    }
    return false;
}

/* Equal, in a time that does not tell how far. */
static bool same_signature(const char *a, const char *b)
{
    unsigned different = 0;

    if (strlen(a) != strlen(b))
        return false;
    for (size_t i = 0; a[i]; i++)
        different |= (unsigned char)(a[i] ^ b[i]);
    return different == 0;
}

static int check_payload(const struct aws_request *request, const struct claim *claim,
                         struct sigv4_signer *signer, char text[2 * DIGEST_SHA256_SIZE + 1],
                         struct chaos_error *err)
{
    const char *given = aws_header_find(&request->headers, "X-Amz-Content-SHA256");
    int r = sigv4_body_hash(&request->body, text, err);

    if (r < 0)
        return r;
    if (given && strcmp(given, SIGV4_UNSIGNED_PAYLOAD_TEXT) != 0 && strcmp(given, text) != 0)
        return refuse(signer, "XAmzContentSHA256Mismatch",
                      "X-Amz-Content-SHA256 is not the hash of the body", err);
    /* S3 presigns without the body, all others with it. */
    if ((given && strcmp(given, SIGV4_UNSIGNED_PAYLOAD_TEXT) == 0) ||
        (claim->expires_s >= 0 && strcmp(claim->service, "s3") == 0))
        snprintf(text, 2 * DIGEST_SHA256_SIZE + 1, "%s", SIGV4_UNSIGNED_PAYLOAD_TEXT);
    return 0;
}

static int check_signature(const struct sigv4_verifier *verifier, const struct aws_request *request,
                           const struct claim *claim, const char *secret_key,
                           struct sigv4_signer *signer, struct chaos_error *err)
{
    struct sigv4_scope scope = { .region = claim->region, .service = claim->service };
    struct sigv4_signing signing = { secret_key, claim->time, &scope };
    char hash[2 * DIGEST_SHA256_SIZE + 1], signature[2 * DIGEST_SHA256_SIZE + 1];
    AUTO(buffer) struct buffer canonical = { 0 };
    int r = check_payload(request, claim, signer, hash, err);

    if (r < 0)
        return r;
    sigv4_canonical_request(request, verifier->flags, claim->signed_headers, hash, &canonical);
    r = sigv4_signature(&signing, &canonical, signature, err);
    if (r < 0)
        return r;
    if (!same_signature(signature, claim->signature))
        return refuse(signer, "SignatureDoesNotMatch",
                      "the signature is not the one that the key gives for this request", err);
    return 0;
}

int sigv4_verify(const struct sigv4_verifier *verifier, const struct aws_request *request,
                 struct sigv4_signer *signer, struct chaos_error *err)
{
    const char *header = aws_header_find(&request->headers, "Authorization");
    AUTO(claim) struct claim claim = { 0 };
    const char *secret_key;
    int r = header ? read_header(request, header, &claim, signer, err)
                   : read_query(request, &claim, signer, err);

    if (r == 0)
        r = check_time(&claim, verifier->now_us, signer, err);
    if (r < 0)
        return r;
    if (!names_host(claim.signed_headers))
        return refuse(signer, "SignatureDoesNotMatch", "the Host header must be signed", err);
    secret_key = verifier->secret(verifier->data, claim.access_key, claim.token);
    if (!secret_key)
        return refuse(signer, "InvalidClientTokenId", "the access key is not known", err);
    r = check_signature(verifier, request, &claim, secret_key, signer, err);
    if (r < 0)
        return r;
    signer->access_key = STEAL(claim.access_key);
    signer->region = STEAL(claim.region);
    signer->service = STEAL(claim.service);
    return 0;
}
