/*
 * specimen.c - sessions that leave files.
 */
#include "specimen.h"

#include <stdio.h>
#include <stdlib.h>

#include "session.h"

static struct session_config session_like(enum specimen_end end, uint64_t seed, const char *path) {
    struct session_config config = {
        .path = path,
        .options = FERRITE_OPTIONS_INIT,
        .profile = {.keys = 200, .big_one_in = 12, .big_max = 70000},
        .transaction_max = 8,
    };
    config.options.no_threads = 1;
    config.options.map_size = 256u << 20;
    config.options.compression = seed % 2 == 0;
    config.options.log_size = end == SPECIMEN_YOUNG ? 4u << 20 : 128u << 10;
    return config;
}

static void run_steps(struct session *session, unsigned steps) {
    while (steps-- > 0) {
        if (session_step(session) == VERDICT_OK) continue;
        fprintf(stderr, "specimen: %s\n", session->finding.text);
        abort();
    }
}

static void checkpoint(struct specimen *specimen, struct session *session) {
    if (ferrite_checkpoint(session->handles.db[0], NULL) < 0) abort();
    specimen->floor = specimen->history.count - 1;
}

void specimen_make(struct specimen *specimen, enum specimen_end end, uint64_t seed,
                   const char *path) {
    struct choices choices = choices_seeded(seed);
    struct session_config config = session_like(end, seed, path);
    struct session session;
    *specimen = (struct specimen){.end = end};
    history_init(&specimen->history, NULL, NULL, 0);
    config.events = history_events(&specimen->history);
    session_init(&session, &config, &choices, NULL);
    if (session_open(&session) != VERDICT_OK) {
        fprintf(stderr, "specimen: %s\n", session.finding.text);
        abort();
    }
    run_steps(&session, end == SPECIMEN_YOUNG ? 60 : 220);
    if (end != SPECIMEN_YOUNG) checkpoint(specimen, &session);
    if (end == SPECIMEN_KILLED) run_steps(&session, 12);
    if (end != SPECIMEN_CLOSED) image_load(&specimen->image, path);
    session_done(&session);
    if (end == SPECIMEN_CLOSED) image_load(&specimen->image, path);
}

void specimen_free(struct specimen *specimen) {
    history_done(&specimen->history);
    image_free(&specimen->image);
}
