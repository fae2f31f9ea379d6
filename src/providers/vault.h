/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets from HashiCorp Vault over its HTTP API. */
#pragma once

#include "base/auto.h"
#include "base/cancel.h"

/* Read the secret at `path`: the value under `key`, or without one (NULL) all of its keys as an
 * object. `configuration` (an object) says where Vault is and who asks:
 *
 *   vault_addr                 else $VAULT_ADDR, else Vault's own http://localhost:8200
 *   vault_kv_version           "1" or "2" (default)
 *   vault_secrets_mount_point  default "secret"
 *   vault_token                or
 *   vault_role_id and vault_role_secret (AppRole)   or
 *   vault_sa_role, vault_sa_token_path, vault_k8s_mount_point (Kubernetes service account)
 *                              else $VAULT_TOKEN, else ~/.vault-token
 *
 * $VAULT_NAMESPACE, $VAULT_CACERT, $VAULT_CAPATH and $VAULT_SKIP_VERIFY are heeded. The error
 * says what to set; neither it nor the log ever holds a token or a secret. */
MUST_USE int vault_read(const json_t *configuration, const char *path, const char *key,
                        const struct cancel *cancel, json_t **ret_value, struct chaos_error *err);
