/*
 * log.h - the library's log: lines of text for the user's function, or for stderr.
 *
 * Off by default. One struct log belongs to each open database (struct core) and is lent to its
 * engine; the level can change at any moment. Called by every layer and from any thread, also with
 * locks held: the user's function must not call back into the library. Never called from signal
 * handlers, nor after the database was closed.
 */
#ifndef FERRITE_OS_LOG_H
#define FERRITE_OS_LOG_H

#include <stdatomic.h>
#include <stdbool.h>

#include "../ferrite.h"
#include "os.h"

struct log {
    void (*write)(void *ctx, ferrite_log_level level, const char *message); /* NULL: stderr */
    void *ctx;
    struct os *os;     /* for the time of a line on stderr */
    char name[128];    /* of the database, for the same */
    _Atomic int level; /* ferrite_log_level */
};

/* Says nothing: for engines that were given no log. */
extern struct log log_silent;

static inline bool log_wants(struct log *log, int level) {
    return __builtin_expect(level <= atomic_load_explicit(&log->level, memory_order_relaxed), 0);
}

/* One line, cut at 511 bytes. */
void log_write(struct log *log, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

/* The arguments are looked at only when the line is wanted. */
#define log_at(log, level, ...)                                                \
    do {                                                                       \
        if (log_wants((log), (level))) log_write((log), (level), __VA_ARGS__); \
    } while (0)

#endif
