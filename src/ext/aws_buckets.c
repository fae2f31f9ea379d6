// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_buckets.h"

#include "base/json_walk.h"
#include "base/str.h"
#include "ext/arguments.h"
#include "ext/aws_call.h"

int aws_bucket_exists(const struct chaos_call *call, bool *ret_found, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    bool found = false;
    json_t *bucket;
    size_t i;

    if (aws_call(call, "s3", "ListBuckets", NULL, &answer, err) < 0)
        return -(int)err->code;
    json_array_foreach (json_object_get(answer, "Buckets"), i, bucket)
        if (str_equal(json_text_of(bucket, "Name"), argument_text(call, "bucket_name")))
            found = true;
    *ret_found = found;
    return 0;
}
