/* SPDX-License-Identifier: Apache-2.0 */
/* What a TLS server shows of itself. A bad certificate is a finding, not a failure. */
#pragma once

#include "base/cancel.h"

struct tls_target {
    int fd;                  /* connected and non-blocking; borrowed */
    const char *server_name; /* asked for (SNI) and looked for in the certificate; an IP address is
                              * only looked for */
    const char *ca_path;     /* file or directory of trusted certificates; NULL: the system's, or
                              * $SSL_CERT_FILE and $SSL_CERT_DIR */
    int64_t deadline;
};

/* Make a handshake and describe what came. *ret_report is an object:
 *   protocol, cipher            as OpenSSL names them
 *   subject, issuer             of the server's certificate: "CN=localhost, O=Example"
 *   not_before, not_after       ISO 8601, UTC; days_left: until not_after, negative after it
 *   names                       of its subjectAltName, DNS names and addresses
 *   name_matches                `server_name` is one of them (RFC 6125; the CN does not count)
 *   chain_valid, chain_error    whether it leads to a trusted certificate now; null, or why not
 *   chain                       subject, issuer, not_after, days_left of all that were sent
 * It fails only where no handshake is possible. Old protocols and weak keys are accepted, so that
 * they can be reported. */
MUST_USE int tls_inspect(const struct tls_target *target, const struct cancel *cancel,
                         json_t **ret_report, struct chaos_error *err);
