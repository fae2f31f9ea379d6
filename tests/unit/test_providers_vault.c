// SPDX-License-Identifier: Apache-2.0
/* Against tests/support/fake_vault.py: no Vault is to be had. */
#include "providers/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/support/quoted.h"
#include "tests/support/script.h"
#include "value/json.h"

#define TOKEN "'vault_token': 's.fake-root'"

struct vault_case {
    const char *claim;
    const char *configuration; /* with ' for "; the address is added */
    const char *path;
    const char *key;
    const char *value; /* NULL: it fails */
    const char *error; /* in the message */
};

static const struct vault_case cases[] = {
    { "a token reads all keys of a secret", TOKEN, "boats/gull", NULL,
      "{\"login\":\"ana\",\"password\":\"tide-and-moon\",\"n\":7}", NULL },
    { "a key reads one value", TOKEN, "boats/gull", "password", "\"tide-and-moon\"", NULL },
    { "a value keeps its type", TOKEN, "boats/gull", "n", "7", NULL },
    { "a path is percent-encoded", TOKEN, "with blank", "n", "7", NULL },
    { "a slash at either end of the path does not count", TOKEN, "/boats/gull/", "n", "7", NULL },
    { "version 1 of the engine has no data in its path",
      TOKEN ", 'vault_kv_version': 1, 'vault_secrets_mount_point': 'kv'", "boats/gull", "n", "7",
      NULL },
    { "a standby node sends to the active one", TOKEN, "standby", "n", "7", NULL },
    { "an AppRole logs in", "'vault_role_id': 'pilot', 'vault_role_secret': 'fake-secret-id'",
      "boats/gull", "n", "7", NULL },
    { "a service account logs in", "'vault_sa_role': 'pod', 'vault_sa_token_path': '$TOKEN_FILE'",
      "boats/gull", "n", "7", NULL },
    { "a service account logs in at another mount point",
      "'vault_sa_role': 'pod', 'vault_sa_token_path': '$TOKEN_FILE', "
      "'vault_k8s_mount_point': 'harbour/k8s'",
      "boats/gull", "n", "7", NULL },
    { "a token wins over an AppRole",
      TOKEN ", 'vault_role_id': 'nobody', 'vault_role_secret': 'none'", "boats/gull", "n", "7",
      NULL },
    { "a wrong token is told from a missing secret", "'vault_token': 'hvs.wrong'", "boats/gull",
      NULL, NULL, "does not let this token read 'secret/data/boats/gull': permission denied" },
    { "a wrong role names its settings",
      "'vault_role_id': 'pilot', 'vault_role_secret': 'hvs.wrong'", "boats/gull", NULL, NULL,
      "auth/approle/login with status 400: invalid role or secret ID; check 'vault_role_id'" },
    { "half an AppRole names the other half", "'vault_role_id': 'pilot'", "boats/gull", NULL, NULL,
      "set 'vault_role_secret'" },
    { "no login at all says what can be set", "", "boats/gull", NULL, NULL, "set 'vault_token'" },
    { "a missing token file is named", "'vault_sa_role': 'pod', 'vault_sa_token_path': '/no/such'",
      "boats/gull", NULL, NULL, "/no/such" },
    { "an unknown path says what to check", TOKEN, "boats/none", NULL, NULL,
      "no secret at 'secret/data/boats/none'" },
    { "a deleted secret is not found", TOKEN, "deleted", NULL, NULL, "no secret at" },
    { "an unknown key is named", TOKEN, "boats/gull", "mast", NULL, "has no key 'mast'" },
    { "a sealed Vault says so", TOKEN, "sealed", NULL, NULL, "status 503" },
    { "version 3 is refused", TOKEN ", 'vault_kv_version': 3", "boats/gull", NULL, NULL,
      "must be 1 or 2, not '3'" },
    { "an address that is none is refused", TOKEN ", 'vault_addr': 'vault:8200'", "x", NULL, NULL,
      "'vault_addr' is 'vault:8200'" },
};

static struct script server;
static char token_file[] = "/tmp/fake-jwt-XXXXXX";

static json_t *make_configuration(const char *text)
{
    const char *mark = strstr(text, "$TOKEN_FILE");
    AUTO(str)
    char *filled = mark ? mem_printf("%.*s%s%s", (int)(mark - text), text, token_file,
                                     mark + strlen("$TOKEN_FILE"))
                        : mem_strdup(text);
    AUTO(str)
    char *object = mem_printf("{'vault_addr': 'http://127.0.0.1:%d/'%s%s}", server.port,
                              *filled ? ", " : "", filled);

    return quoted_json(object);
}

static void check_case(void **state)
{
    const struct vault_case *c = *state;
    AUTO(json) json_t *configuration = make_configuration(c->configuration);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *value = NULL;
    AUTO(str) char *text = NULL;

    if (c->value) {
        if (vault_read(configuration, c->path, c->key, NULL, &value, &err) < 0)
            fail_msg("%s", chaos_error_text(&err));
        text = json_text(value, JSON_STYLE_COMPACT);
        assert_string_equal(text, c->value);
        return;
    }
    assert_true(vault_read(configuration, c->path, c->key, NULL, &value, &err) < 0);
    if (!strstr(chaos_error_text(&err), c->error))
        fail_msg("no \"%s\" in: %s", c->error, chaos_error_text(&err));
    assert_null(strstr(chaos_error_text(&err), "hvs.wrong"));
    assert_null(strstr(chaos_error_text(&err), "s.fake-root"));
}

static int start(void **state)
{
    int fd = mkstemp(token_file);

    (void)state;
    if (fd < 0 || write(fd, "fake-jwt\n", 9) != 9)
        return -1;
    close(fd);
    unsetenv("VAULT_ADDR");
    unsetenv("VAULT_TOKEN");
    setenv("HOME", "/nonexistent", 1);
    server = script_start("fake_vault.py", NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    script_stop(&server);
    return unlink(token_file);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(cases)];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        tests[i] = (struct CMUnitTest){ .name = cases[i].claim,
                                        .test_func = check_case,
                                        .initial_state = (void *)(uintptr_t)&cases[i] };
    return cmocka_run_group_tests_name("vault", tests, start, stop);
}
