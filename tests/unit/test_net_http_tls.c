// SPDX-License-Identifier: Apache-2.0
#include "net/http_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/support/script.h"

#define SKIPPED 77

/* A certificate for 127.0.0.1 that nobody signed but its owner. */
static char folder[] = "/tmp/fracas-tls-XXXXXX";
static char *certificate;
static char *key;
static struct script server;

struct tls_case {
    const char *claim;
    const char *host;
    unsigned flags;
    bool ca_path;         /* give the certificate as ca_path */
    const char *variable; /* or in this variable */
    const char *value;    /* its value instead of the certificate */
    enum http_failure failure;
    const char *error;
};

static const struct tls_case cases[] = {
    { "a certificate nobody knows is refused", "127.0.0.1", 0, false, NULL, NULL, HTTP_FAILED_TLS,
      "certificate" },
    { "any certificate will do without verification", "127.0.0.1", HTTP_NO_VERIFY_TLS, false, NULL,
      NULL, HTTP_FAILED_NOT, NULL },
    { "a given certificate is trusted", "127.0.0.1", 0, true, NULL, NULL, HTTP_FAILED_NOT, NULL },
    { "REQUESTS_CA_BUNDLE is trusted", "127.0.0.1", 0, false, "REQUESTS_CA_BUNDLE", NULL,
      HTTP_FAILED_NOT, NULL },
    { "CURL_CA_BUNDLE is trusted", "127.0.0.1", 0, false, "CURL_CA_BUNDLE", NULL, HTTP_FAILED_NOT,
      NULL },
    { "a bundle that is missing is named with its variable", "127.0.0.1", 0, false,
      "REQUESTS_CA_BUNDLE", "/no/such/bundle", HTTP_FAILED_TLS,
      "'/no/such/bundle' (of $REQUESTS_CA_BUNDLE)" },
    { "a certificate for another host is refused", "localhost", 0, true, NULL, NULL,
      HTTP_FAILED_TLS, "localhost" },
    { "another host will do without verification", "localhost", HTTP_NO_VERIFY_TLS, false, NULL,
      NULL, HTTP_FAILED_NOT, NULL },
};

static void check_case(void **state)
{
    const struct tls_case *c = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(http_client) struct http_client *client = NULL;
    AUTO(http_response) struct http_response response = { 0 };
    AUTO(str) char *url = mem_printf("https://%s:%d/", c->host, server.port);
    struct http_request request = {
        .method = "GET", .url = url, .flags = c->flags, .ca_path = c->ca_path ? certificate : NULL
    };
    enum http_failure failure = HTTP_FAILED_NOT;
    int r;

    if (c->variable)
        setenv(c->variable, c->value ? c->value : certificate, 1);
    client = http_client_new();
    r = http_request(client, &request, NULL, &response, &failure, &err);
    if (c->variable)
        unsetenv(c->variable);
    assert_int_equal(failure, c->failure);
    assert_int_equal(r < 0, c->failure != HTTP_FAILED_NOT);
    if (r < 0) {
        if (!strstr(chaos_error_text(&err), c->error))
            fail_msg("no \"%s\" in: %s", c->error, chaos_error_text(&err));
        return;
    }
    assert_string_equal(buffer_text(&response.body), "secure");
    assert_true(response.tls_ns > response.connect_ns);
}

static int make_certificate(void)
{
    const char *const argv[] = { "openssl",
                                 "req",
                                 "-x509",
                                 "-newkey",
                                 "ec",
                                 "-pkeyopt",
                                 "ec_paramgen_curve:prime256v1",
                                 "-nodes",
                                 "-days",
                                 "2",
                                 "-subj",
                                 "/CN=fracas-test",
                                 "-addext",
                                 "subjectAltName=IP:127.0.0.1",
                                 "-keyout",
                                 key,
                                 "-out",
                                 certificate,
                                 NULL };

    return script_run(argv);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(cases)];
    int failed = SKIPPED;

    if (!mkdtemp(folder))
        return 1;
    unsetenv("REQUESTS_CA_BUNDLE");
    unsetenv("CURL_CA_BUNDLE");
    certificate = mem_printf("%s/certificate.pem", folder);
    key = mem_printf("%s/key.pem", folder);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        tests[i] = (struct CMUnitTest){ .name = cases[i].claim,
                                        .test_func = check_case,
                                        .initial_state = (void *)(uintptr_t)&cases[i] };
    if (make_certificate() == 0) { /* the openssl command may be missing */
        server = script_start("tls_server.py", (const char *const[]){ certificate, key, NULL });
        failed = cmocka_run_group_tests_name("tls", tests, NULL, NULL);
        script_stop(&server);
    }
    unlink(certificate);
    unlink(key);
    rmdir(folder);
    free(certificate);
    free(key);
    return failed;
}
