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

static void catch(int signal_number) {
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

void interrupt_catch(void) {
    catch(SIGINT);
    catch(SIGTERM);
}

void interrupt_catch_key(void) { catch(SIGINT); }

void interrupt_release_key(void) {
    signal(SIGINT, SIG_DFL);
    noted = 0;
}

bool interrupted(void) { return noted; }

int interrupt_or_show(void *progress, uint64_t done, uint64_t total) {
    return noted ? 1 : progress_show(progress, done, total);
}
