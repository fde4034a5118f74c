/*
 * kill_parts.h - what the files of the kill harness share. Nothing outside includes it.
 *
 *   kill.c        the parent that kills
 *   kill_write.c  the writing child
 *   kill_look.c   the looking child
 */
#ifndef FERRITE_TESTS_KILL_PARTS_H
#define FERRITE_TESTS_KILL_PARTS_H

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../../libferrite/ferrite.h"
#include "choices.h"
#include "kill.h"
#include "workspace.h"

#define WRITERS   4u
#define VALUE_MAX 70000u

/* Shared by parent and children. A group's number is its thread's counter. */
struct board {
    _Atomic uint64_t begun[WRITERS], acknowledged[WRITERS];
    _Atomic bool trouble; /* a writer saw an error or something that cannot be */
    _Atomic uint64_t lost; /* members that were evicted, as the looks saw */
};

struct run {
    const struct kill_plan *plan;
    struct kill_result result;
    struct workspace workspace;
    char path[256];
    struct board *board;
    struct choices choices;
    bool evicts; /* members may go */
};

static inline unsigned group_members(unsigned writer, uint64_t group) {
    return 1 + (unsigned)((group * 7 + writer) % 6);
}

/* Groups that were removed again by a later one of the same thread: two of three. */
static inline bool group_is_removed(uint64_t group, uint64_t head) {
    return group % 3 != 0 && group + 50 <= head;
}

static inline size_t member_key(unsigned writer, uint64_t group, unsigned member, char key[64]) {
    return (size_t)sprintf(key, "g:%u:%08" PRIu64 ":%u", writer, group, member);
}

static inline size_t head_key(unsigned writer, char key[64]) {
    return (size_t)sprintf(key, "head:%u", writer);
}

static inline size_t member_value(unsigned writer, uint64_t group, unsigned member, char *value) {
    struct choices stream = choices_seeded(group * 64 + writer * 8 + member);
    size_t len = choose(&stream, 160);
    if (choose_once_in(&stream, 150)) len = choose_between(&stream, 2000, VALUE_MAX - 8);
    for (size_t at = 0; at < len; at += 8) {
        uint64_t word = choices_next(&stream);
        memcpy(value + at, &word, 8); /* the buffer has room for the last word */
    }
    return len;
}

static inline void backup_path(const char *path, char out[300]) { snprintf(out, 300, "%s.copy", path); }

/* NULL: it was told why. */
ferrite_db *kill_child_open(const char *path, const ferrite_options *options);

/* These end the process: the first one is killed. */
void kill_writing_child(struct run *run, const ferrite_options *options, const uint64_t heads[WRITERS]);
void kill_looking_child(struct run *run, ferrite_options *options, bool full, bool close);

#endif
