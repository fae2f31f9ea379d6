// SPDX-License-Identifier: Apache-2.0
#include "net/tls.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/openssl_api.h"
#include "net/resolve.h"
#include "net/socket.h"

#define RECORD_BYTES 16384
/* What Debian's OpenSSL asks of keys and signatures: 112 bits (SSL_CTX_set_security_level(3)). */
#define CHAIN_SECURITY_LEVEL 2
#define SECONDS_PER_DAY      86400.0

/* One handshake: OpenSSL works on memory only, so that each wait is ours, and no SIGPIPE comes. */
struct session {
    struct openssl_api api;
    SSL_CTX *context;
    SSL *ssl;
    BIO *incoming; /* both owned by `ssl` */
    BIO *outgoing;
    const struct tls_target *target;
    const struct cancel *cancel;
};

static void session_clear(struct session *session)
{
    if (session->ssl)
        session->api.SSL_free(session->ssl);
    if (session->context)
        session->api.SSL_CTX_free(session->context);
}

AUTO_CLEAR(session, struct session)

/* The reason of OpenSSL's oldest error; the text is static. */
static const char *reason(const struct session *session)
{
    unsigned long number = session->api.ERR_get_error();
    const char *text = number ? session->api.ERR_reason_error_string(number) : NULL;

    return text ? text : "no reason given";
}

static int load_trust(const struct session *session, struct chaos_error *err)
{
    const char *path = session->target->ca_path;

    if (!path) {
        session->api.SSL_CTX_set_default_verify_paths(session->context);
        return 0;
    }
    session->api.ERR_clear_error();
    if (session->api.SSL_CTX_load_verify_file(session->context, path) == 1)
        return 0;
    if (access(path, R_OK) == 0 &&
        session->api.SSL_CTX_load_verify_dir(session->context, path) == 1)
        return 0;
    return chaos_error_set(err, CHAOS_E_INVALID,
                           "'%s' is neither a readable file nor a directory of certificates: %s",
                           path, reason(session));
}

static int create_context(struct session *session, struct chaos_error *err)
{
    const struct openssl_api *api = &session->api;

    session->context = api->SSL_CTX_new(api->TLS_client_method());
    if (!session->context)
        return chaos_error_set(err, CHAOS_E_INTERNAL, "cannot set up TLS: %s", reason(session));
    api->SSL_CTX_set_security_level(session->context, 0);
    api->SSL_CTX_set_cipher_list(session->context, "ALL:@SECLEVEL=0");
    api->SSL_CTX_ctrl(session->context, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_VERSION, NULL);
    api->SSL_CTX_set_verify(session->context, SSL_VERIFY_NONE, NULL);
    api->X509_VERIFY_PARAM_set_auth_level(api->SSL_CTX_get0_param(session->context),
                                          CHAIN_SECURITY_LEVEL);
    return load_trust(session, err);
}

static bool is_address(const char *name)
{
    union address address;

    return address_parse(name, 0, &address);
}

static int create_session(struct session *session, struct chaos_error *err)
{
    const struct openssl_api *api = &session->api;
    const char *name = session->target->server_name;
    int r = create_context(session, err);

    if (r < 0)
        return r;
    session->ssl = api->SSL_new(session->context);
    session->incoming = api->BIO_new(api->BIO_s_mem());
    session->outgoing = api->BIO_new(api->BIO_s_mem());
    if (!session->ssl || !session->incoming || !session->outgoing) {
        api->BIO_free(session->incoming);
        api->BIO_free(session->outgoing);
        return chaos_error_set(err, CHAOS_E_INTERNAL, "cannot set up TLS: %s", reason(session));
    }
    api->SSL_set_bio(session->ssl, session->incoming, session->outgoing);
    if (!is_address(name)) {
        AUTO(str) char *copy = mem_strdup(name);

        if (api->SSL_ctrl(session->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                          copy) != 1)
            return chaos_error_set(err, CHAOS_E_INVALID, "'%s' cannot be a server name: %s", name,
                                   reason(session));
    }
    return 0;
}

static int flush(const struct session *session, struct chaos_error *err)
{
    char record[RECORD_BYTES];

    for (;;) {
        int length = session->api.BIO_read(session->outgoing, record, sizeof(record));
        int r;

        if (length <= 0)
            return 0;
        r = socket_send(session->target->fd, record, (size_t)length, session->target->deadline,
                        session->cancel, err);
        if (r < 0)
            return r;
    }
}

static int fetch(const struct session *session, struct chaos_error *err)
{
    char record[RECORD_BYTES];
    ssize_t length = socket_receive(session->target->fd, record, sizeof(record),
                                    session->target->deadline, session->cancel, err);

    if (length < 0)
        return (int)length;
    if (!length)
        return chaos_error_set(err, CHAOS_E_REMOTE,
                               "the server closed the connection during the TLS handshake");
    session->api.BIO_write(session->incoming, record, (int)length);
    return 0;
}

static int handshake(const struct session *session, struct chaos_error *err)
{
    for (;;) {
        int status;
        int r;

        session->api.ERR_clear_error();
        status = session->api.SSL_connect(session->ssl);
        r = flush(session, err);
        if (r < 0)
            return r;
        if (status == 1)
            return 0;
        if (session->api.SSL_get_error(session->ssl, status) != SSL_ERROR_WANT_READ)
            return chaos_error_set(err, CHAOS_E_REMOTE, "no TLS handshake: %s", reason(session));
        r = fetch(session, err);
        if (r < 0)
            return r;
    }
}

/* Bytes of a certificate as JSON text: what is not UTF-8 becomes one '?' a byte. */
static json_t *text_value(const void *data, size_t length)
{
    AUTO(buffer) struct buffer text = { 0 };

    buffer_add(&text, data, length);
    if (!str_is_utf8(buffer_text(&text), text.length))
        for (size_t i = 0; i < text.length; i++)
            if ((unsigned char)text.data[i] >= 0x80)
                text.data[i] = '?';
    return json_stringn(buffer_text(&text), text.length);
}

static json_t *name_value(const struct session *session, const X509_NAME *name)
{
    static const unsigned long form =
        (ASN1_STRFLGS_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) | XN_FLAG_SEP_CPLUS_SPC |
        XN_FLAG_FN_SN;
    BIO *text = session->api.BIO_new(session->api.BIO_s_mem());
    json_t *value = NULL;
    char *data = NULL;

    if (text && session->api.X509_NAME_print_ex(text, name, 0, form) >= 0) {
        long length = session->api.BIO_ctrl(text, BIO_CTRL_INFO, 0, &data);

        value = text_value(data, length > 0 ? (size_t)length : 0);
    }
    session->api.BIO_free(text);
    return value ? value : json_string("");
}

static json_t *time_value(const struct session *session, const ASN1_TIME *time, double *ret_days)
{
    struct tm tm = { 0 };
    char text[CLOCK_ISO_SIZE];

    *ret_days = 0;
    if (!time || session->api.ASN1_TIME_to_tm(time, &tm) != 1)
        return json_null();
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S+00:00", &tm);
    *ret_days = ((double)timegm(&tm) - (double)clock_wall() / CLOCK_NS_PER_S) / SECONDS_PER_DAY;
    return json_string(text);
}

/* The fields that the certificates of a chain share. */
static json_t *certificate_value(const struct session *session, const X509 *certificate)
{
    json_t *value = json_object();
    double days;

    json_object_set_new(value, "subject",
                        name_value(session, session->api.X509_get_subject_name(certificate)));
    json_object_set_new(value, "issuer",
                        name_value(session, session->api.X509_get_issuer_name(certificate)));
    json_object_set_new(value, "not_before",
                        time_value(session, session->api.X509_get0_notBefore(certificate), &days));
    json_object_set_new(value, "not_after",
                        time_value(session, session->api.X509_get0_notAfter(certificate), &days));
    json_object_set_new(value, "days_left", json_real(days));
    return value;
}

static void add_name(const struct session *session, const GENERAL_NAME *name, json_t *names)
{
    char text[INET6_ADDRSTRLEN];
    int type;
    const ASN1_STRING *value = session->api.GENERAL_NAME_get0_value(name, &type);
    const unsigned char *data;
    size_t length;

    if (type != GEN_DNS && type != GEN_IPADD)
        return;
    data = session->api.ASN1_STRING_get0_data(value);
    length = (size_t)session->api.ASN1_STRING_length(value);
    if (type == GEN_DNS)
        json_array_append_new(names, text_value(data, length));
    else if (length == 4 || length == 16)
        json_array_append_new(names, json_string(inet_ntop(length == 4 ? AF_INET : AF_INET6, data,
                                                           text, sizeof(text))));
}

static json_t *names_value(const struct session *session, const X509 *certificate)
{
    json_t *names = json_array();
    GENERAL_NAMES *found =
        session->api.X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    const OPENSSL_STACK *stack = (const OPENSSL_STACK *)found;

    for (int i = 0; i < session->api.OPENSSL_sk_num(stack); i++)
        add_name(session, session->api.OPENSSL_sk_value(stack, i), names);
    session->api.GENERAL_NAMES_free(found);
    return names;
}

static bool name_matches(const struct session *session, X509 *certificate)
{
    const char *name = session->target->server_name;
    AUTO(str) char *plain = mem_strndup(name, strcspn(name, "%"));
    size_t length = strlen(plain);

    if (is_address(name))
        return session->api.X509_check_ip_asc(certificate, plain, 0) == 1;
    if (length && name[length - 1] == '.')
        length--;
    return session->api.X509_check_host(certificate, name, length,
                                        X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                            X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                                        NULL) == 1;
}

static json_t *chain_value(const struct session *session)
{
    const OPENSSL_STACK *stack =
        (const OPENSSL_STACK *)session->api.SSL_get_peer_cert_chain(session->ssl);
    json_t *chain = json_array();

    for (int i = 0; i < session->api.OPENSSL_sk_num(stack); i++) {
        json_t *one = certificate_value(session, session->api.OPENSSL_sk_value(stack, i));

        json_object_del(one, "not_before");
        json_array_append_new(chain, one);
    }
    return chain;
}

static int report(const struct session *session, json_t **ret_report, struct chaos_error *err)
{
    const struct openssl_api *api = &session->api;
    X509 *certificate = api->SSL_get0_peer_certificate(session->ssl);
    long verdict = api->SSL_get_verify_result(session->ssl);
    json_t *value;

    if (!certificate)
        return chaos_error_set(err, CHAOS_E_REMOTE, "the server shows no certificate");
    value = certificate_value(session, certificate);
    json_object_set_new(value, "names", names_value(session, certificate));
    json_object_set_new(value, "name_matches", json_boolean(name_matches(session, certificate)));
    json_object_set_new(value, "chain_valid", json_boolean(verdict == X509_V_OK));
    json_object_set_new(value, "chain_error",
                        verdict == X509_V_OK
                            ? json_null()
                            : json_string(api->X509_verify_cert_error_string(verdict)));
    json_object_set_new(value, "protocol", json_string(api->SSL_get_version(session->ssl)));
    json_object_set_new(
        value, "cipher",
        json_string(api->SSL_CIPHER_get_name(api->SSL_get_current_cipher(session->ssl))));
    json_object_set_new(value, "chain", chain_value(session));
    *ret_report = value;
    return 0;
}

int tls_inspect(const struct tls_target *target, const struct cancel *cancel, json_t **ret_report,
                struct chaos_error *err)
{
    AUTO(session) struct session session = { .target = target, .cancel = cancel };
    AUTO(chaos_error) struct chaos_error ignored = { 0 };
    int r;

    r = openssl_open(&session.api, err);
    if (r == 0)
        r = create_session(&session, err);
    if (r == 0)
        r = handshake(&session, err);
    if (r == 0)
        r = report(&session, ret_report, err);
    if (r < 0)
        return r;
    /* A server that is told goodbye logs no error; whether it hears it does not matter. */
    session.api.SSL_shutdown(session.ssl);
    (void)!flush(&session, &ignored);
    return 0;
}
