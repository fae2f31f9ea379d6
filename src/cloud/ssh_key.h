/* SPDX-License-Identifier: Apache-2.0 */
/* SSH keys in the forms that EC2 takes and gives. */
#pragma once

#include "base/str.h"
#include "net/keypair.h"

/* A public key as SSH sends it (RFC 4253 section 6.6, RFC 8709). */
struct ssh_key {
    enum keypair_kind kind;
    struct buffer blob;
};

void ssh_key_clear(struct ssh_key *key);
AUTO_CLEAR(ssh_key, struct ssh_key)

/* "ssh-rsa AAAA.. comment" or "ssh-ed25519 ..". false for anything else. */
bool ssh_key_parse(const char *text, size_t length, struct ssh_key *ret_key);
/* The public key of a pair. */
bool ssh_key_of(enum keypair_kind kind, const struct keypair *pair, struct ssh_key *ret_key);
/* "ssh-rsa AAAA..", owned. */
char *ssh_key_text(const struct ssh_key *key);

/* What EC2 shows, owned: of an imported RSA key the MD5 of its public key, of a created one the
 * SHA-1 of its private key (`pair`), of an Ed25519 key the SHA-256 that ssh-keygen shows.
 * NULL with the error set. */
char *ssh_key_fingerprint(const struct ssh_key *key, const struct keypair *pair,
                          struct chaos_error *err);
/* The private key as ssh reads it, owned. */
char *ssh_key_private_text(const struct ssh_key *key, const struct keypair *pair,
                           const char *comment);
