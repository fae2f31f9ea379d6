// SPDX-License-Identifier: Apache-2.0
#include "providers/vault.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "net/http_client.h"
#include "net/http_text.h"
#include "value/json.h"
#include "value/pytext.h"

#define DEFAULT_ADDRESS  "http://localhost:8200"
#define SA_TOKEN_PATH    "/var/run/secrets/kubernetes.io/serviceaccount/token"
#define TIMEOUT_S        30.0
#define ANSWER_LIMIT     ((size_t)4 * 1024 * 1024) /* Vault's own limit of a secret is 1 MiB */
#define TOKEN_FILE_LIMIT ((size_t)64 * 1024)

struct vault {
    const json_t *configuration;
    const struct cancel *cancel;
    struct http_client *client;
    char *address;
    char *token; /* NULL until logged in */
    const char *name_space;
    int version; /* of the key/value engine: 1 or 2 */
};

static void vault_clear(struct vault *vault)
{
    http_client_free(vault->client);
    free(vault->address);
    free(vault->token);
    *vault = (struct vault){ 0 };
}
AUTO_CLEAR(vault, struct vault)

/* The text of a setting, trimmed; owned, NULL when it is absent or empty. */
static char *setting(const struct vault *vault, const char *name)
{
    const json_t *value = json_object_get(vault->configuration, name);
    AUTO(str) char *text = value && !json_is_null(value) ? pytext_of(value) : NULL;
    AUTO(str) char *trimmed = text ? str_trim(text) : NULL;

    return trimmed && *trimmed ? STEAL(trimmed) : NULL;
}

static char *setting_or(const struct vault *vault, const char *name, const char *otherwise)
{
    char *text = setting(vault, name);

    return text ? text : mem_strdup(otherwise);
}

/* Append a path of the API, percent-encoded but for '/', without '/' at either end. */
static void add_path(struct buffer *out, const char *path)
{
    size_t length;

    path += strspn(path, "/");
    length = strlen(path);
    while (length && path[length - 1] == '/')
        length--;
    for (size_t i = 0; i < length; i++) {
        if (isalnum((unsigned char)path[i]) || strchr("/_.-~", path[i]))
            buffer_add_char(out, path[i]);
        else
            buffer_printf(out, "%%%02X", (unsigned)(unsigned char)path[i]);
    }
}

/* Whether `text` repeats a credential, as an answer that did not come from Vault might. */
static bool leaks(const char *text, const struct vault *vault, const json_t *credentials)
{
    const json_t *value;
    const char *key;

    if (vault->token && strstr(text, vault->token))
        return true;
    json_object_foreach (json_walkable(credentials), key, value) {
        if (strstr(text, json_string_value(value)))
            return true;
    }
    return false;
}

/* What Vault itself says went wrong, "" when it is silent; owned. */
static char *vault_reason(const struct vault *vault, const json_t *answer,
                          const json_t *credentials)
{
    const char *text = json_string_value(json_array_get(json_object_get(answer, "errors"), 0));
    char *reason;

    if (!text || leaks(text, vault, credentials))
        return mem_strdup("");
    reason = mem_printf(": %.200s", text);
    for (char *c = reason; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    return reason;
}

static int explain_address(const struct vault *vault, struct chaos_error *err)
{
    AUTO(str) char *masked = http_url_masked(vault->address);

    return chaos_error_prefix(err, "Vault cannot be asked ('vault_addr' is '%s')", masked);
}

/* One request of the API. *ret_answer is NULL for an answer without JSON. */
static int ask(const struct vault *vault, const char *path, const json_t *body, long *ret_status,
               json_t **ret_answer, struct chaos_error *err)
{
    const char *skip_verify = getenv("VAULT_SKIP_VERIFY");
    const char *ca_file = getenv("VAULT_CACERT");
    AUTO(str) char *text = body ? json_text(body, JSON_STYLE_COMPACT) : NULL;
    AUTO(str) char *url = mem_printf("%s/v1/%s", vault->address, path);
    AUTO(http_response) struct http_response response = { 0 };
    AUTO(chaos_error) struct chaos_error unread = { 0 };
    struct http_header headers[] = { { "X-Vault-Request", "true" },
                                     { "X-Vault-Token", vault->token },
                                     { "X-Vault-Namespace", vault->name_space },
                                     { "Content-Type", body ? "application/json" : NULL } };
    struct http_request request = {
        .method = body ? "POST" : "GET",
        .url = url,
        .headers = headers,
        .n_headers = ARRAY_SIZE(headers),
        .body = text,
        .body_length = text ? strlen(text) : 0,
        .deadline = clock_deadline(TIMEOUT_S),
        .body_limit = ANSWER_LIMIT,
        .ca_path = ca_file && *ca_file ? ca_file : getenv("VAULT_CAPATH"),
    };

    if (skip_verify &&
        str_in(skip_verify, (const char *const[]){ "1", "t", "T", "true", "TRUE", "True", NULL }))
        request.flags = HTTP_NO_VERIFY_TLS;
    if (http_request(vault->client, &request, vault->cancel, &response, NULL, err) < 0)
        return explain_address(vault, err);
    *ret_status = response.status;
    if (json_parse(buffer_text(&response.body), response.body.length, ret_answer, &unread) < 0)
        *ret_answer = NULL;
    return 0;
}

/* Log in with `body` at auth/<mount>/login; `settings` names what was used. */
static int log_in(struct vault *vault, const char *mount, const json_t *body, const char *settings,
                  struct chaos_error *err)
{
    AUTO(buffer) struct buffer path = { 0 };
    AUTO(json) json_t *answer = NULL;
    AUTO(str) char *reason = NULL;
    const char *token;
    long status = 0;
    int r;

    if (!body)
        return chaos_error_set(err, CHAOS_E_INVALID, "%s: not UTF-8 text", settings);
    buffer_add_text(&path, "auth/");
    add_path(&path, mount);
    buffer_add_text(&path, "/login");
    r = ask(vault, buffer_text(&path), body, &status, &answer, err);
    if (r < 0)
        return r;
    token = json_string_value(json_object_get(json_object_get(answer, "auth"), "client_token"));
    if (status == 200 && token) {
        vault->token = mem_strdup(token);
        return 0;
    }
    reason = vault_reason(vault, answer, body);
    return chaos_error_set(err, CHAOS_E_REMOTE,
                           "Vault refused the login at auth/%s/login with status %ld%s; check %s",
                           mount, status, reason, settings);
}

static int log_in_with_role(struct vault *vault, const char *role, const char *secret,
                            struct chaos_error *err)
{
    AUTO(json) json_t *body = json_pack("{s:s, s:s}", "role_id", role, "secret_id", secret);

    return log_in(vault, "approle", body, "'vault_role_id' and 'vault_role_secret'", err);
}

static int log_in_from_pod(struct vault *vault, const char *role, struct chaos_error *err)
{
    AUTO(str) char *token_path = setting_or(vault, "vault_sa_token_path", SA_TOKEN_PATH);
    AUTO(str) char *mount = setting_or(vault, "vault_k8s_mount_point", "kubernetes");
    AUTO(buffer) struct buffer file = { 0 };
    AUTO(str) char *token = NULL;
    AUTO(json) json_t *body = NULL;
    int r;

    r = file_read(token_path, &file, TOKEN_FILE_LIMIT, err);
    if (r < 0)
        return chaos_error_prefix(err, "the service account token for Vault "
                                       "('vault_sa_token_path')");
    token = str_trim(buffer_text(&file));
    body = json_pack("{s:s, s:s}", "role", role, "jwt", token);
    return log_in(vault, mount, body,
                  "'vault_sa_role', 'vault_sa_token_path' and 'vault_k8s_mount_point'", err);
}

/* The token that Vault's own tools would use; owned, NULL without one. */
static char *ambient_token(void)
{
    const char *home = getenv("HOME");
    const char *given = getenv("VAULT_TOKEN");
    AUTO(str) char *path = mem_printf("%s/.vault-token", home ? home : "");
    AUTO(buffer) struct buffer file = { 0 };
    AUTO(chaos_error) struct chaos_error unread = { 0 };

    if (given && *given)
        return mem_strdup(given);
    if (!home || file_read(path, &file, TOKEN_FILE_LIMIT, &unread) < 0)
        return NULL;
    return str_trim(buffer_text(&file));
}

static int authenticate(struct vault *vault, struct chaos_error *err)
{
    AUTO(str) char *role = setting(vault, "vault_role_id");
    AUTO(str) char *secret = setting(vault, "vault_role_secret");
    AUTO(str) char *sa_role = setting(vault, "vault_sa_role");

    vault->token = setting(vault, "vault_token");
    if (vault->token)
        return 0;
    if (role && secret)
        return log_in_with_role(vault, role, secret, err);
    if (sa_role)
        return log_in_from_pod(vault, sa_role, err);
    if (role || secret)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "Vault's AppRole needs both 'vault_role_id' and "
                               "'vault_role_secret': set '%s' in the configuration",
                               role ? "vault_role_secret" : "vault_role_id");
    vault->token = ambient_token();
    if (vault->token && *vault->token)
        return 0;
    return chaos_error_set(err, CHAOS_E_INVALID,
                           "nothing to log in to Vault with: set 'vault_token', 'vault_role_id' "
                           "and 'vault_role_secret', or 'vault_sa_role' in the configuration");
}

/* The keys of the secret in an answer, borrowed; NULL and the error when there are none. */
static int find_data(const struct vault *vault, const json_t *answer, long status, const char *path,
                     json_t **ret_data, struct chaos_error *err)
{
    json_t *data = json_object_get(answer, "data");
    AUTO(str) char *reason = vault_reason(vault, answer, NULL);

    if (vault->version == 2)
        data = json_object_get(data, "data");
    if (status == 200 && json_is_object(data)) {
        *ret_data = data;
        return 0;
    }
    if (status == 403)
        return chaos_error_set(err, CHAOS_E_REMOTE,
                               "Vault does not let this token read '%s'%s: check the token and "
                               "its policies",
                               path, reason);
    if (status == 200 || status == 404)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND,
                               "Vault has no secret at '%s'%s: check its 'path', "
                               "'vault_secrets_mount_point' and 'vault_kv_version' (now %d)",
                               path, reason, vault->version);
    return chaos_error_set(err, CHAOS_E_REMOTE, "Vault answered with status %ld for '%s'%s%s",
                           status, path, reason,
                           status == 503 ? ": it is sealed or not ready" : "");
}

static int set_version(struct vault *vault, struct chaos_error *err)
{
    AUTO(str) char *version = setting_or(vault, "vault_kv_version", "2");

    if (strcmp(version, "1") != 0 && strcmp(version, "2") != 0)
        return chaos_error_set(err, CHAOS_E_INVALID, "'vault_kv_version' must be 1 or 2, not '%s'",
                               version);
    vault->version = version[0] - '0';
    return 0;
}

static int open_vault(struct vault *vault, struct chaos_error *err)
{
    const char *address = getenv("VAULT_ADDR");

    vault->address =
        setting_or(vault, "vault_addr", address && *address ? address : DEFAULT_ADDRESS);
    vault->name_space = getenv("VAULT_NAMESPACE");
    while (str_ends(vault->address, "/"))
        vault->address[strlen(vault->address) - 1] = '\0';
    vault->client = http_client_new();
    return authenticate(vault, err);
}

int vault_read(const json_t *configuration, const char *path, const char *key,
               const struct cancel *cancel, json_t **ret_value, struct chaos_error *err)
{
    AUTO(vault) struct vault vault = { .configuration = configuration, .cancel = cancel };
    AUTO(buffer) struct buffer where = { 0 };
    AUTO(str) char *mount = NULL;
    AUTO(json) json_t *answer = NULL;
    json_t *data = NULL;
    json_t *value;
    long status = 0;
    int r;

    r = set_version(&vault, err);
    if (r == 0)
        r = open_vault(&vault, err);
    if (r < 0)
        return r;
    mount = setting_or(&vault, "vault_secrets_mount_point", "secret");
    add_path(&where, mount);
    buffer_add_text(&where, vault.version == 2 ? "/data/" : "/");
    add_path(&where, path);
    r = ask(&vault, buffer_text(&where), NULL, &status, &answer, err);
    if (r == 0)
        r = find_data(&vault, answer, status, buffer_text(&where), &data, err);
    if (r < 0)
        return r;
    value = key ? json_object_get(data, key) : data;
    if (!value)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "the Vault secret '%s' has no key '%s'",
                               path, key);
    *ret_value = json_incref(value);
    return 0;
}
