// SPDX-License-Identifier: Apache-2.0
#include "cloud/ssh_key.h"

#include <string.h>
#include <sys/random.h>

#include "aws/base64.h"
#include "base/mem.h"
#include "net/digest.h"

/* A key of 16384 bits, the largest that OpenSSH takes, is far smaller. */
#define BLOB_MAX     8192
#define ED25519_SIZE 32

static const char *const names[] = {
    [KEYPAIR_RSA] = "ssh-rsa",
    [KEYPAIR_ED25519] = "ssh-ed25519",
};

struct bytes {
    const unsigned char *data;
    size_t length;
};

void ssh_key_clear(struct ssh_key *key)
{
    buffer_clear(&key->blob);
}

static void add_number(struct buffer *out, uint32_t number)
{
    const unsigned char bytes[] = { (unsigned char)(number >> 24), (unsigned char)(number >> 16),
                                    (unsigned char)(number >> 8), (unsigned char)number };

    buffer_add(out, bytes, sizeof(bytes));
}

static void add_string(struct buffer *out, const void *data, size_t length)
{
    add_number(out, (uint32_t)length);
    buffer_add(out, data, length);
}

static void add_text(struct buffer *out, const char *text)
{
    add_string(out, text, strlen(text));
}

static bool take_string(struct bytes *from, struct bytes *ret_string)
{
    uint32_t length;

    if (from->length < 4)
        return false;
    length = (uint32_t)from->data[0] << 24 | (uint32_t)from->data[1] << 16 |
             (uint32_t)from->data[2] << 8 | from->data[3];
    if (length > from->length - 4)
        return false;
    *ret_string = (struct bytes){ from->data + 4, length };
    from->data += 4 + length;
    from->length -= 4 + length;
    return true;
}

static bool is_text(struct bytes bytes, const char *text)
{
    return bytes.length == strlen(text) && memcmp(bytes.data, text, bytes.length) == 0;
}

/* The exponent and the modulus of an RSA key's blob, as the numbers stand there: with a leading
 * zero where they need one. */
static bool read_rsa(const struct buffer *blob, struct bytes *ret_exponent,
                     struct bytes *ret_modulus)
{
    struct bytes rest = { (const unsigned char *)blob->data, blob->length };
    struct bytes name;

    return take_string(&rest, &name) && is_text(name, names[KEYPAIR_RSA]) &&
           take_string(&rest, ret_exponent) && take_string(&rest, ret_modulus) &&
           ret_exponent->length > 0 && ret_modulus->length > 0 && rest.length == 0;
}

static bool blob_is_sound(const struct ssh_key *key)
{
    struct bytes rest = { (const unsigned char *)key->blob.data, key->blob.length };
    struct bytes first;
    struct bytes second;

    if (key->kind == KEYPAIR_RSA)
        return read_rsa(&key->blob, &first, &second);
    return take_string(&rest, &first) && is_text(first, names[KEYPAIR_ED25519]) &&
           take_string(&rest, &second) && second.length == ED25519_SIZE && rest.length == 0;
}

bool ssh_key_parse(const char *text, size_t length, struct ssh_key *ret_key)
{
    AUTO(ssh_key) struct ssh_key key = { 0 };
    AUTO(str) char *copy = mem_strndup(text, length);
    AUTO(str) char *line = str_trim(copy);
    size_t name = strcspn(line, " ");
    const char *data = line + name + strspn(line + name, " ");
    AUTO(str) char *base64 = mem_strndup(data, strcspn(data, " \r\n"));

    line[name] = '\0';
    if (strlen(base64) > BLOB_MAX)
        return false;
    key.kind = str_equal(line, names[KEYPAIR_RSA]) ? KEYPAIR_RSA : KEYPAIR_ED25519;
    if (!str_equal(line, names[key.kind]) || !base64_decode(&key.blob, base64) ||
        !blob_is_sound(&key))
        return false;
    *ret_key = key;
    key = (struct ssh_key){ 0 };
    return true;
}

/* DER (X.690): a tag, a length in as few bytes as it takes, the content. */
static void add_der(struct buffer *out, unsigned char tag, const void *data, size_t length)
{
    buffer_add_char(out, (char)tag);
    if (length >= 0x80) {
        buffer_add_char(out, (char)(length > 0xff ? 0x82 : 0x81));
        if (length > 0xff)
            buffer_add_char(out, (char)(length >> 8));
    }
    buffer_add_char(out, (char)(length & 0xff));
    buffer_add(out, data, length);
}

#define DER_INTEGER      0x02
#define DER_BIT_STRING   0x03
#define DER_OCTET_STRING 0x04
#define DER_SEQUENCE     0x30

static bool take_der(struct bytes *from, unsigned char tag, struct bytes *ret_content)
{
    size_t head = 2;
    size_t length;

    if (from->length < 2 || from->data[0] != tag)
        return false;
    length = from->data[1];
    if (length & 0x80) {
        size_t more = length & 0x7f;

        if (more > 2 || from->length < 2 + more)
            return false;
        length = 0;
        for (size_t i = 0; i < more; i++)
            length = length << 8 | from->data[head++];
    }
    if (length > from->length - head)
        return false;
    *ret_content = (struct bytes){ from->data + head, length };
    from->data += head + length;
    from->length -= head + length;
    return true;
}

bool ssh_key_of(enum keypair_kind kind, const struct keypair *pair, struct ssh_key *ret_key)
{
    struct bytes rest = { (const unsigned char *)pair->public_key.data, pair->public_key.length };
    struct bytes sequence;
    struct bytes modulus;
    struct bytes exponent;

    *ret_key = (struct ssh_key){ .kind = kind };
    if (kind == KEYPAIR_ED25519) {
        add_text(&ret_key->blob, names[kind]);
        add_string(&ret_key->blob, pair->public_key.data, pair->public_key.length);
        return true;
    }
    if (!take_der(&rest, DER_SEQUENCE, &sequence) || !take_der(&sequence, DER_INTEGER, &modulus) ||
        !take_der(&sequence, DER_INTEGER, &exponent))
        return false;
    add_text(&ret_key->blob, names[kind]);
    add_string(&ret_key->blob, exponent.data, exponent.length);
    add_string(&ret_key->blob, modulus.data, modulus.length);
    return true;
}

char *ssh_key_text(const struct ssh_key *key)
{
    struct buffer text = { 0 };

    buffer_printf(&text, "%s ", names[key->kind]);
    base64_encode(&text, key->blob.data, key->blob.length);
    return buffer_take(&text);
}

/* rsaEncryption (1.2.840.113549.1.1.1) and its NULL. */
static const unsigned char rsa_algorithm[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                               0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };

/* SubjectPublicKeyInfo (RFC 5280 section 4.1). */
static void add_public_info(struct buffer *out, const struct buffer *blob)
{
    AUTO(buffer) struct buffer numbers = { 0 };
    AUTO(buffer) struct buffer bits = { 0 };
    AUTO(buffer) struct buffer content = { 0 };
    struct bytes exponent = { 0 };
    struct bytes modulus = { 0 };

    (void)read_rsa(blob, &exponent, &modulus);
    add_der(&numbers, DER_INTEGER, modulus.data, modulus.length);
    add_der(&numbers, DER_INTEGER, exponent.data, exponent.length);
    buffer_add_char(&bits, '\0'); /* no bits unused */
    add_der(&bits, DER_SEQUENCE, numbers.data, numbers.length);
    add_der(&content, DER_SEQUENCE, rsa_algorithm, sizeof(rsa_algorithm));
    add_der(&content, DER_BIT_STRING, bits.data, bits.length);
    add_der(out, DER_SEQUENCE, content.data, content.length);
}

/* PrivateKeyInfo (RFC 5208 section 5). */
static void add_private_info(struct buffer *out, const struct buffer *pkcs1)
{
    AUTO(buffer) struct buffer content = { 0 };

    add_der(&content, DER_INTEGER, "", 1);
    add_der(&content, DER_SEQUENCE, rsa_algorithm, sizeof(rsa_algorithm));
    add_der(&content, DER_OCTET_STRING, pkcs1->data, pkcs1->length);
    add_der(out, DER_SEQUENCE, content.data, content.length);
}

char *ssh_key_fingerprint(const struct ssh_key *key, const struct keypair *pair,
                          struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(buffer) struct buffer der = { 0 };
    unsigned char sum[DIGEST_SIZE_MAX];
    enum digest_kind kind = pair ? DIGEST_SHA1 : DIGEST_MD5;

    if (key->kind == KEYPAIR_ED25519) {
        if (digest_compute(DIGEST_SHA256, key->blob.data, key->blob.length, sum, err) < 0)
            return NULL;
        base64_encode(&text, sum, DIGEST_SHA256_SIZE);
        return buffer_take(&text);
    }
    if (pair)
        add_private_info(&der, &pair->private_key);
    else
        add_public_info(&der, &key->blob);
    if (digest_compute(kind, der.data, der.length, sum, err) < 0)
        return NULL;
    for (size_t i = 0; i < (pair ? DIGEST_SHA1_SIZE : DIGEST_MD5_SIZE); i++)
        buffer_printf(&text, "%s%02x", i ? ":" : "", sum[i]);
    return buffer_take(&text);
}

static char *armoured(const char *label, const struct buffer *bytes, size_t columns)
{
    AUTO(buffer) struct buffer base64 = { 0 };
    struct buffer text = { 0 };

    base64_encode(&base64, bytes->data, bytes->length);
    buffer_printf(&text, "-----BEGIN %s-----\n", label);
    for (size_t at = 0; at < base64.length; at += columns)
        buffer_printf(&text, "%.*s\n", (int)columns, base64.data + at);
    buffer_printf(&text, "-----END %s-----", label);
    return buffer_take(&text);
}

/* OpenSSH's own form, the only one it has for Ed25519 (its PROTOCOL.key). */
static char *ed25519_text(const struct ssh_key *key, const struct keypair *pair,
                          const char *comment)
{
    AUTO(buffer) struct buffer all = { 0 };
    AUTO(buffer) struct buffer secret = { 0 };
    AUTO(buffer) struct buffer both = { 0 };
    uint32_t check = 0;

    /* Twice the same number, by which a reader finds a wrong passphrase; here there is none. */
    (void)!getrandom(&check, sizeof(check), 0);
    add_number(&secret, check);
    add_number(&secret, check);
    add_text(&secret, names[KEYPAIR_ED25519]);
    add_string(&secret, pair->public_key.data, pair->public_key.length);
    buffer_add(&both, pair->private_key.data, pair->private_key.length);
    buffer_add(&both, pair->public_key.data, pair->public_key.length);
    add_string(&secret, both.data, both.length);
    add_text(&secret, comment);
    for (char pad = 1; secret.length % 8; pad++)
        buffer_add_char(&secret, pad);
    buffer_add(&all, "openssh-key-v1", sizeof("openssh-key-v1"));
    add_text(&all, "none");
    add_text(&all, "none");
    add_text(&all, "");
    add_number(&all, 1);
    add_string(&all, key->blob.data, key->blob.length);
    add_string(&all, secret.data, secret.length);
    return armoured("OPENSSH PRIVATE KEY", &all, 70);
}

char *ssh_key_private_text(const struct ssh_key *key, const struct keypair *pair,
                           const char *comment)
{
    return key->kind == KEYPAIR_RSA ? armoured("RSA PRIVATE KEY", &pair->private_key, 64)
                                    : ed25519_text(key, pair, comment);
}
