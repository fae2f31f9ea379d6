/* SPDX-License-Identifier: Apache-2.0 */
/* New pairs of keys, made by OpenSSL's libcrypto, which is opened when the first one is needed. */
#pragma once

#include "base/str.h"

enum keypair_kind {
    KEYPAIR_RSA,     /* of 2048 bits; takes about a tenth of a second */
    KEYPAIR_ED25519, /* RFC 8032 */
};

/* RSA: DER of PKCS #1 (RFC 8017, appendix A.1). Ed25519: the 32 bytes of each. */
struct keypair {
    struct buffer private_key;
    struct buffer public_key;
};

void keypair_clear(struct keypair *pair);
AUTO_CLEAR(keypair, struct keypair)

/* -CHAOS_E_UNSUPPORTED, with the package to install, when there is no libcrypto. */
MUST_USE int keypair_generate(enum keypair_kind kind, struct keypair *ret_pair,
                              struct chaos_error *err);
