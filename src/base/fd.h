/* SPDX-License-Identifier: Apache-2.0 */
/* Whole reads and writes of descriptors and files. */
#pragma once

#include "base/str.h"

/* Write all of it, restarting after signals. SIGPIPE is the caller's to ignore. */
MUST_USE int fd_write_all(int fd, const void *data, size_t length, struct chaos_error *err);
/* Append what is left to read to `out`; -CHAOS_E_LIMIT when that is more than `limit` bytes. */
MUST_USE int fd_read_all(int fd, struct buffer *out, size_t limit, struct chaos_error *err);
/* The whole file at `path`, at most `limit` bytes. The error names the path. */
MUST_USE int file_read(const char *path, struct buffer *out, size_t limit, struct chaos_error *err);
/* Which content of the file at `path` this is: another text once the file was written or replaced,
 * whatever the clock says. "" without a file; owned. */
char *file_identity(const char *path);
/* Replace the file at `path` in one step: a reader sees the old content or the new one, never a
 * part (written beside it, then rename(2)). Symbolic links are followed; what is not a regular
 * file (a device, a pipe) is written to directly. New files get `mode`, less the umask. */
MUST_USE int file_write_atomic(const char *path, const char *data, size_t length, unsigned mode,
                               struct chaos_error *err);
MUST_USE int fd_set_nonblocking(int fd, struct chaos_error *err);
