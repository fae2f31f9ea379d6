// SPDX-License-Identifier: Apache-2.0
#include "engine/signals.h"

#include "engine/run.h"

static const int numbers[SIGNALS_COUNT] = { SIGINT, SIGTERM, SIGUSR1, SIGUSR2 };
static const enum stop_reason reasons[SIGNALS_COUNT] = {
    STOP_REASON_KEYBOARD,
    STOP_REASON_INTERRUPT,
    STOP_REASON_EXIT_GRACEFUL,
    STOP_REASON_EXIT_NOW,
};

static struct {
    _Atomic(struct cancel *) cancel;
    _Atomic(struct run *) run;
    atomic_int first;
} flag;

static void handle(int number)
{
    struct cancel *cancel = atomic_load(&flag.cancel);
    int none = 0;

    if (!cancel)
        return;
    if (number == SIGINT || number == SIGTERM)
        atomic_compare_exchange_strong(&flag.first, &none, number);
    for (int i = 0; i < SIGNALS_COUNT; i++)
        if (numbers[i] == number)
            cancel_raise(cancel, (int)reasons[i]);
}

void run_signal(int number)
{
    handle(number);
}

void signals_take(struct signals *signals, struct run *run, struct cancel *cancel)
{
    struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };

    sigemptyset(&action.sa_mask);
    atomic_store(&flag.first, 0);
    atomic_store(&flag.run, run);
    atomic_store(&flag.cancel, cancel);
    for (int i = 0; i < SIGNALS_COUNT; i++)
        sigaction(numbers[i], &action, &signals->old[i]);
}

void signals_give_back(struct signals *signals)
{
    for (int i = 0; i < SIGNALS_COUNT; i++)
        sigaction(numbers[i], &signals->old[i], NULL);
    atomic_store(&flag.cancel, NULL);
    atomic_store(&flag.run, NULL);
}

struct run *signals_run(void)
{
    return atomic_load(&flag.run);
}

const char *signals_first(void)
{
    switch (atomic_load(&flag.first)) {
    case SIGINT:
        return "SIGINT";
    case SIGTERM:
        return "SIGTERM";
    default:
        return NULL;
    }
}
