/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of OpenSSL 3 that Fracas uses, found when they are first needed: who never speaks
 * TLS never pays for loading it. */
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/auto.h"

#define OPENSSL_SSL_FUNCTIONS(F)                                                                   \
    F(SSL_CIPHER_get_name)                                                                         \
    F(SSL_CTX_ctrl)                                                                                \
    F(SSL_CTX_free)                                                                                \
    F(SSL_CTX_get0_param)                                                                          \
    F(SSL_CTX_load_verify_dir)                                                                     \
    F(SSL_CTX_load_verify_file)                                                                    \
    F(SSL_CTX_new)                                                                                 \
    F(SSL_CTX_set_cipher_list)                                                                     \
    F(SSL_CTX_set_default_verify_paths)                                                            \
    F(SSL_CTX_set_security_level)                                                                  \
    F(SSL_CTX_set_verify)                                                                          \
    F(SSL_connect)                                                                                 \
    F(SSL_ctrl)                                                                                    \
    F(SSL_free)                                                                                    \
    F(SSL_get0_peer_certificate)                                                                   \
    F(SSL_get_current_cipher)                                                                      \
    F(SSL_get_error)                                                                               \
    F(SSL_get_peer_cert_chain)                                                                     \
    F(SSL_get_verify_result)                                                                       \
    F(SSL_get_version)                                                                             \
    F(SSL_new)                                                                                     \
    F(SSL_set_bio)                                                                                 \
    F(SSL_shutdown)                                                                                \
    F(TLS_client_method)

#define OPENSSL_CRYPTO_FUNCTIONS(F)                                                                \
    F(ASN1_STRING_get0_data)                                                                       \
    F(ASN1_STRING_length)                                                                          \
    F(ASN1_TIME_to_tm)                                                                             \
    F(BIO_ctrl)                                                                                    \
    F(BIO_free)                                                                                    \
    F(BIO_new)                                                                                     \
    F(BIO_read)                                                                                    \
    F(BIO_s_mem)                                                                                   \
    F(BIO_write)                                                                                   \
    F(ERR_clear_error)                                                                             \
    F(ERR_get_error)                                                                               \
    F(ERR_reason_error_string)                                                                     \
    F(GENERAL_NAMES_free)                                                                          \
    F(GENERAL_NAME_get0_value)                                                                     \
    F(OPENSSL_sk_num)                                                                              \
    F(OPENSSL_sk_value)                                                                            \
    F(X509_NAME_print_ex)                                                                          \
    F(X509_VERIFY_PARAM_set_auth_level)                                                            \
    F(X509_check_host)                                                                             \
    F(X509_check_ip_asc)                                                                           \
    F(X509_get0_notAfter)                                                                          \
    F(X509_get0_notBefore)                                                                         \
    F(X509_get_ext_d2i)                                                                            \
    F(X509_get_issuer_name)                                                                        \
    F(X509_get_subject_name)                                                                       \
    F(X509_verify_cert_error_string)

struct openssl_api {
#define OPENSSL_MEMBER(name) __typeof__(name) *name;
    OPENSSL_SSL_FUNCTIONS(OPENSSL_MEMBER)
    OPENSSL_CRYPTO_FUNCTIONS(OPENSSL_MEMBER)
#undef OPENSSL_MEMBER
};

/* Open libssl.so.3 and libcrypto.so.3, which then stay loaded, and fill in the table.
 * -CHAOS_E_UNSUPPORTED names the package to install when they are not there. */
MUST_USE int openssl_open(struct openssl_api *ret_api, struct chaos_error *err);
