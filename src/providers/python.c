// SPDX-License-Identifier: Apache-2.0
#include "providers/python.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/environment.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "providers/python_path.h"
#include "providers/python_worker.h"

#define GRACE_MS 1500
#define EXIT_MS  1000

struct python {
    struct python_options options;
    char *interpreter;
    char *worker_dir;
    json_t *settings;
    struct python_documents *documents;
    struct cancel closing;
    bool has_closing;
    pthread_mutex_t lock;        /* guards `worker`; held while one starts or is put away */
    struct worker *worker;       /* NULL: not started yet, or lost */
    pthread_mutex_t answer_lock; /* guards `answering`; all that workers' threads ever take */
    pthread_cond_t answered;
    int answering;
};

struct python *python_new(const struct python_options *options)
{
    struct python *python = mem_zero(1, sizeof(*python));
    AUTO(chaos_error) struct chaos_error err = { 0 };

    python->options = *options;
    python->interpreter = python_interpreter(options->interpreter);
    python->worker_dir = mem_strdup(options->worker_dir);
    python->settings = options->settings ? json_deep_copy(options->settings) : json_null();
    python->documents = python_documents_new();
    python->options.interpreter = NULL;
    python->options.worker_dir = NULL;
    python->options.settings = NULL;
    if (!python->options.grace_ms)
        python->options.grace_ms = GRACE_MS;
    if (!python->options.exit_ms)
        python->options.exit_ms = EXIT_MS;
    python->has_closing = cancel_init(&python->closing, &err) == 0;
    pthread_mutex_init(&python->lock, NULL);
    pthread_mutex_init(&python->answer_lock, NULL);
    pthread_cond_init(&python->answered, NULL);
    return python;
}

void python_free(struct python *python)
{
    if (!python)
        return;
    if (python->has_closing)
        cancel_raise(&python->closing, PYTHON_STOP_ABANDON);
    pthread_mutex_lock(&python->answer_lock);
    while (python->answering)
        pthread_cond_wait(&python->answered, &python->answer_lock);
    pthread_mutex_unlock(&python->answer_lock);
    worker_unref(python->worker);
    pthread_mutex_lock(&python->answer_lock); /* a last question may have come meanwhile */
    while (python->answering)
        pthread_cond_wait(&python->answered, &python->answer_lock);
    pthread_mutex_unlock(&python->answer_lock);
    if (python->has_closing)
        cancel_clear(&python->closing);
    pthread_cond_destroy(&python->answered);
    pthread_mutex_destroy(&python->answer_lock);
    pthread_mutex_destroy(&python->lock);
    python_documents_free(python->documents);
    json_decref(python->settings);
    free(python->worker_dir);
    free(python->interpreter);
    free(python);
}

const struct python_callbacks *python_callbacks(const struct python *python)
{
    return &python->options.callbacks;
}

struct python_documents *python_known_documents(struct python *python)
{
    return python->documents;
}

const struct cancel *python_closing(const struct python *python)
{
    return python->has_closing ? &python->closing : NULL;
}

bool python_answer_spawn(struct python *python, struct worker *worker, void *(*run)(void *),
                         void *argument)
{
    pthread_attr_t attributes;
    pthread_t thread;
    bool started;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_mutex_lock(&python->answer_lock);
    started = pthread_create(&thread, &attributes, run, argument) == 0;
    if (started) { /* only then: the worker's own thread must never drop a last reference */
        worker_ref(worker);
        python->answering++;
    }
    pthread_mutex_unlock(&python->answer_lock);
    pthread_attr_destroy(&attributes);
    return started;
}

void python_answer_begin(struct python *python)
{
    pthread_mutex_lock(&python->answer_lock); /* until python_answer_spawn() is through */
    pthread_mutex_unlock(&python->answer_lock);
}

void python_answer_end(struct python *python)
{
    pthread_mutex_lock(&python->answer_lock);
    python->answering--;
    pthread_cond_broadcast(&python->answered);
    pthread_mutex_unlock(&python->answer_lock);
}

/* Numbers are those of Python's logging. */
static enum log_level level_of(json_int_t number)
{
    if (number >= 50)
        return LOG_CRITICAL;
    if (number >= 40)
        return LOG_ERROR;
    if (number >= 30)
        return LOG_WARNING;
    return number >= 20 ? LOG_INFO : LOG_DEBUG;
}

static void write_log(const json_t *record)
{
    enum log_level level = level_of(json_integer_value(json_array_get(record, 0)));

    if (log_wants(level))
        log_text(level, json_string_value(json_array_get(record, 1)),
                 (int)json_integer_value(json_array_get(record, 2)),
                 json_string_value(json_array_get(record, 3)));
}

/* compat: in the reference user code runs in the process of the engine, and what it does to the
 * environment or the working directory, later activities see. */
static void follow(const json_t *surroundings)
{
    const char *directory = json_text_of(surroundings, "directory");

    environment_change(json_object_get(surroundings, "environment"));
    if (directory && chdir(directory) < 0)
        log_warning("Python code changed the working directory to '%s', but %s", directory,
                    strerrordesc_np(errno));
}

static void on_message(void *self, struct worker *worker, struct worker_message *message)
{
    struct python *python = self;

    switch (message->kind) {
    case WORKER_LOG:
        write_log(json_object_get(message->body, "log"));
        return;
    case WORKER_SIGNAL:
        if (python->options.callbacks.signal)
            python->options.callbacks.signal(python->options.callbacks.self, message->text);
        return;
    case WORKER_MOVED:
        follow(json_object_get(message->body, "surroundings"));
        return;
    case WORKER_ASK:
        python_answer(python, worker, message);
        return;
    case WORKER_HELLO:
    case WORKER_REPLY:
        return; /* the worker's own business */
    }
}

/* Start a worker; the lock is held. */
static int start(struct python *python, const struct cancel *cancel, struct chaos_error *err)
{
    AUTO(str) char *script = NULL;
    AUTO(json) json_t *init = NULL;
    const char *argv[] = { python->interpreter, NULL, NULL };
    struct worker_setup setup = {
        .argv = argv,
        .stdout_to_stderr = python->options.stdout_to_stderr,
        .exit_ms = python->options.exit_ms,
        .self = python,
        .on_message = on_message,
    };
    int r = python_worker_script(python->worker_dir, &script, err);

    if (r < 0)
        return r;
    argv[1] = script;
    init = json_pack("{s:s, s:b, s:O}", "op", "init", "debug", log_wants(LOG_DEBUG), "settings",
                     python->settings);
    setup.init = init;
    log_debug("starting Python: %s %s", python->interpreter, script);
    r = worker_start(&setup, cancel, &python->worker, err);
    if (r < 0)
        return chaos_error_prefix(err, "Python ('%s') cannot start", python->interpreter);
    return 0;
}

/* The worker to use, with a reference for the caller. */
static int acquire(struct python *python, const struct python_request *request,
                   struct worker **ret_worker, struct chaos_error *err)
{
    int r = 0;

    pthread_mutex_lock(&python->lock);
    if (python->worker && worker_is_dead(python->worker)) {
        worker_unref(python->worker);
        python->worker = NULL;
    }
    if (python->worker && request->place == CALL_FOREGROUND && worker_is_stuck(python->worker)) {
        log_warning("a stopped Python call still has not returned: Python is killed and started "
                    "anew, and what its modules kept is lost");
        worker_kill(python->worker);
        worker_unref(python->worker);
        python->worker = NULL;
    }
    if (!python->worker)
        r = start(python, request->cancel, err);
    if (r == 0)
        *ret_worker = worker_ref(python->worker);
    pthread_mutex_unlock(&python->lock);
    return r;
}

void python_reply_clear(struct python_reply *reply)
{
    free(reply->message);
    json_decref(reply->body);
    *reply = (struct python_reply){ 0 };
}

static void set_reply(struct python_reply *reply, enum call_status status, char *message)
{
    reply->status = status;
    free(reply->message);
    reply->message = message;
}

/* Tell the worker to stop a request, and wait a while for it to do so. */
static bool stop(const struct python *python, struct worker *worker, struct worker_pending *pending,
                 const struct python_request *request)
{
    int reason = cancel_reason(request->cancel);
    int kind = reason >= PYTHON_STOP_KEYBOARD && reason <= PYTHON_STOP_ABANDON
                   ? reason
                   : PYTHON_STOP_KEYBOARD;
    int64_t deadline = clock_now() + python->options.grace_ms * CLOCK_NS_PER_MS;
    AUTO(json)
    json_t *message = json_pack("{s:s, s:I, s:i}", "op", "stop", "call", pending->id, "kind", kind);
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (worker_send(worker, message, &err) < 0)
        log_error("%s", chaos_error_text(&err));
    if (kind != PYTHON_STOP_ABANDON && worker_await(worker, pending, deadline, NULL) == WAIT_READY)
        return true;
    if (request->place == CALL_FOREGROUND)
        worker_abandon(worker, pending);
    return false;
}

static void converse(struct python *python, struct worker *worker,
                     const struct python_request *request, struct python_reply *reply)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct worker_pending pending = { .fd = -1 };
    bool done = true;

    if (worker_request(worker, request->message, &pending, &err) < 0) {
        set_reply(reply, CALL_FAILED, mem_strdup(chaos_error_text(&err)));
        worker_finish(worker, &pending);
        return;
    }
    if (worker_await(worker, &pending, CLOCK_NEVER, request->cancel) != WAIT_READY)
        done = stop(python, worker, &pending, request);
    if (!done) {
        set_reply(reply, CALL_CANCELLED, mem_strdup("it was stopped"));
    } else if (pending.reply) {
        reply->status = CALL_SUCCEEDED;
        reply->body = STEAL(pending.reply);
    } else {
        AUTO(str) char *death = worker_death(worker);

        set_reply(reply, CALL_FAILED,
                  mem_printf("the Python worker died (%s) while it ran %s '%s'", death,
                             request->what, request->name));
    }
    worker_finish(worker, &pending);
}

void python_exchange(struct python *python, const struct python_request *request,
                     struct python_reply *ret_reply)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(worker) struct worker *worker = NULL;
    int r;

    *ret_reply = (struct python_reply){ 0 };
    if (cancel_reason(request->cancel)) {
        set_reply(ret_reply, CALL_CANCELLED, mem_strdup("it was stopped before it began"));
        return;
    }
    r = acquire(python, request, &worker, &err);
    if (r < 0)
        set_reply(ret_reply, r == -CHAOS_E_CANCELLED ? CALL_CANCELLED : CALL_FAILED,
                  mem_strdup(chaos_error_text(&err)));
    else
        converse(python, worker, request, ret_reply);
}

json_t *python_request_new(const char *op, enum call_place place)
{
    return json_pack("{s:i, s:s, s:s}", "id", 0, "op", op, "place",
                     place == CALL_BACKGROUND ? "background" : "foreground");
}

int python_reply_error(const struct python_reply *reply, struct chaos_error *err)
{
    AUTO(call_result) struct call_result result = { 0 };
    bool stopped = false;

    if (!reply->body)
        return chaos_error_set(err,
                               reply->status == CALL_CANCELLED ? CHAOS_E_CANCELLED : CHAOS_E_REMOTE,
                               "%s", reply->message);
    worker_reply_result(reply->body, &result, &stopped);
    if (stopped)
        return chaos_error_set(err, CHAOS_E_CANCELLED, "it was stopped");
    if (result.status != CALL_SUCCEEDED)
        return chaos_error_set(err, CHAOS_E_REMOTE, "%s", result.message);
    return 0;
}

static int ask_list(struct python *python, json_t *message, const struct cancel *cancel,
                    const char *name, json_t **ret_output, struct chaos_error *err)
{
    struct python_request request = {
        .message = message,
        .place = CALL_FOREGROUND,
        .cancel = cancel,
        .what = "the command",
        .name = name,
    };
    AUTO(python_reply) struct python_reply reply = { 0 };
    int r;

    python_exchange(python, &request, &reply);
    r = python_reply_error(&reply, err);
    if (r < 0)
        return r;
    *ret_output = json_incref(json_object_get(reply.body, "output"));
    if (!*ret_output)
        *ret_output = json_null();
    return 0;
}

int python_discover(struct python *python, const struct python_discovery *discovery,
                    json_t **ret_found, struct chaos_error *err)
{
    AUTO(json) json_t *message = python_request_new("discover", CALL_FOREGROUND);

    json_object_set_new(message, "package", json_string(discovery->package));
    json_object_set_new(message, "install", json_boolean(discovery->install));
    json_object_set_new(message, "system", json_boolean(discovery->system));
    return ask_list(python, message, discovery->cancel, "discover", ret_found, err);
}

int python_extensions(struct python *python, const struct cancel *cancel, json_t **ret_extensions,
                      struct chaos_error *err)
{
    AUTO(json) json_t *message = python_request_new("extensions", CALL_FOREGROUND);

    return ask_list(python, message, cancel, "info", ret_extensions, err);
}
