// SPDX-License-Identifier: Apache-2.0
/* The yardstick for HTTP probes: http_loop URL COUNT makes COUNT requests, each over a connection
 * of its own, with nothing but libcurl's easy interface, and prints the seconds it took. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <curl/curl.h>

static size_t ignore(char *data, size_t size, size_t count, void *arg)
{
    (void)data;
    (void)arg;
    return size * count;
}

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    CURL *easy;
    double started;
    long count;

    if (argc != 3) {
        fprintf(stderr, "usage: %s URL COUNT\n", argv[0]);
        return 2;
    }
    count = strtol(argv[2], NULL, 10);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    started = now_s();
    for (long i = 0; i < count; i++) {
        CURLcode code = curl_easy_perform(easy);

        if (code != CURLE_OK) {
            fprintf(stderr, "%s: %s\n", argv[1], curl_easy_strerror(code));
            return 1;
        }
    }
    printf("%.6f\n", now_s() - started);
    curl_easy_cleanup(easy);
    curl_global_cleanup();
    return 0;
}
