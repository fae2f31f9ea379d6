// SPDX-License-Identifier: Apache-2.0
// Any bytes as the reply to a question: read without harm, and what was read is JSON text. The
// first two bytes choose the type of the question.
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "net/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(dns_reply) struct dns_reply reply = { 0 };
    struct dns_question question = { 0 };
    json_t *record;
    size_t i;

    if (size < 4)
        return 0;
    if (dns_question_set(&question, "a.test", (uint16_t)(data[0] << 8 | data[1]), &err) < 0)
        return 0;
    question.id = (uint16_t)(data[2] << 8 | data[3]);
    if (dns_reply_parse(data + 2, size - 2, &question, &reply, &err) < 0)
        return 0;
    json_array_foreach (reply.records, i, record) {
        assert(json_is_string(json_object_get(record, "name")));
        assert(json_is_string(json_object_get(record, "value")));
    }
    return 0;
}
