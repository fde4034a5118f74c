/*
 * interrupt.c - see interrupt.h.
 */
#include "interrupt.h"

#include "progress.h"

#include <signal.h>

static volatile sig_atomic_t noted;

static void note(int signal_number) {
    noted = 1;
    signal(signal_number, SIG_DFL);
}

void interrupt_catch(void) {
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int interrupt_or_show(void *progress, uint64_t done, uint64_t total) {
    return noted ? 1 : progress_show(progress, done, total);
}
