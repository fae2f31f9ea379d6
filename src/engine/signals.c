// SPDX-License-Identifier: Apache-2.0
#include "engine/signals.h"

#include <errno.h>
#include <unistd.h>

#include "engine/run.h"

static const struct {
    int number;
    enum stop_reason reason;
    const char *name; /* of those that people and supervisors send; NULL: a wish of a script */
} known[SIGNALS_COUNT] = {
    { SIGINT, STOP_REASON_KEYBOARD, "SIGINT" },   { SIGTERM, STOP_REASON_INTERRUPT, "SIGTERM" },
    { SIGHUP, STOP_REASON_HANGUP, "SIGHUP" },     { SIGQUIT, STOP_REASON_QUIT, "SIGQUIT" },
    { SIGUSR1, STOP_REASON_EXIT_GRACEFUL, NULL }, { SIGUSR2, STOP_REASON_EXIT_NOW, NULL },
};

static struct {
    _Atomic(struct cancel *) cancel;
    _Atomic(struct run *) run;
    atomic_int first;
    atomic_bool is_shielded;
    atomic_bool has_asked;
} flag;

/* Whether the shield takes this request; the first one is answered. */
static bool is_taken(int number)
{
    static const char question[] =
        "\nThe world is being put back. Ask once more to leave it as it is.\n";
    int saved = errno;

    if (!atomic_load(&flag.is_shielded) || number == SIGUSR2 ||
        atomic_exchange(&flag.has_asked, true))
        return false;
    (void)!write(STDERR_FILENO, question, sizeof(question) - 1);
    errno = saved;
    return true;
}

static void handle(int number)
{
    struct cancel *cancel = atomic_load(&flag.cancel);
    int none = 0;

    if (!cancel)
        return;
    for (int i = 0; i < SIGNALS_COUNT; i++) {
        if (known[i].number != number)
            continue;
        if (known[i].name)
            atomic_compare_exchange_strong(&flag.first, &none, number);
        if (!is_taken(number))
            cancel_raise(cancel, (int)known[i].reason);
    }
}

void run_signal(int number)
{
    handle(number);
}

/* nohup and shells ignore these for those they start: that stays so. */
static bool stays_ignored(int number)
{
    struct sigaction inherited;

    return (number == SIGHUP || number == SIGQUIT) && sigaction(number, NULL, &inherited) == 0 &&
           inherited.sa_handler == SIG_IGN;
}

void signals_take(struct signals *signals, struct run *run, struct cancel *cancel)
{
    struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    sigemptyset(&action.sa_mask);
    sigemptyset(&ignore.sa_mask);
    atomic_store(&flag.first, 0);
    atomic_store(&flag.is_shielded, false);
    atomic_store(&flag.run, run);
    atomic_store(&flag.cancel, cancel);
    for (int i = 0; i < SIGNALS_COUNT; i++)
        sigaction(known[i].number, stays_ignored(known[i].number) ? &ignore : &action,
                  &signals->old[i]);
    sigaction(SIGPIPE, &ignore, &signals->old_pipe);
}

void signals_give_back(struct signals *signals)
{
    for (int i = 0; i < SIGNALS_COUNT; i++)
        sigaction(known[i].number, &signals->old[i], NULL);
    sigaction(SIGPIPE, &signals->old_pipe, NULL);
    atomic_store(&flag.cancel, NULL);
    atomic_store(&flag.run, NULL);
}

void signals_shield(enum signals_shield shield)
{
    atomic_store(&flag.has_asked, false);
    atomic_store(&flag.is_shielded, shield == SHIELD_UP);
}

struct run *signals_run(void)
{
    return atomic_load(&flag.run);
}

const char *signals_first(void)
{
    int first = atomic_load(&flag.first);

    for (int i = 0; i < SIGNALS_COUNT; i++)
        if (first && known[i].number == first)
            return known[i].name;
    return NULL;
}
