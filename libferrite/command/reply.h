/*
 * reply.h - building the reply of a command.
 *
 * Nodes are added in reading order, an array before its elements; reply_finish lays them out as
 * one block. Running out of memory is remembered and told at the end, so handlers check nothing.
 * Used by the command handlers and the session. One thread at a time.
 */
#ifndef FERRITE_COMMAND_REPLY_H
#define FERRITE_COMMAND_REPLY_H

#include "../ferrite.h"

#include <stdbool.h>

struct reply_node;

struct reply {
    struct reply_node *nodes;
    size_t count, cap;
    char *text; /* bytes copied by reply_string and the like */
    size_t text_len, text_cap;
    void **owned; /* blocks of the library that nodes point into */
    size_t owned_count, owned_cap;
    bool no_memory;
};

#define REPLY_INIT \
    { NULL, 0, 0, NULL, 0, 0, NULL, 0, 0, false }

struct reply_mark {
    size_t count, text_len;
};

void reply_nil(struct reply *reply);
void reply_integer(struct reply *reply, int64_t value);
void reply_status(struct reply *reply, const char *text); /* text outlives the reply */
void reply_status_copy(struct reply *reply, const char *text, size_t len);
void reply_error(struct reply *reply, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* An error of any length and any bytes; ends of lines become spaces, as in Redis. */
void reply_error_text(struct reply *reply, const char *text, size_t len);

void reply_string(struct reply *reply, const char *data, size_t len); /* copied at once */
void reply_text(struct reply *reply, const char *text);               /* NUL-terminated, borrowed */
/* Not copied: the bytes must stay until reply_finish. data NULL: nil. */
void reply_borrow(struct reply *reply, const char *data, size_t len);
/* As reply_borrow, and the block is freed with ferrite_free in the end. */
void reply_take(struct reply *reply, char *block, size_t len);
/* Keeps a block that borrowed bytes lie in until the end. */
void reply_own(struct reply *reply, void *block);

/* `count` elements follow. Returns the array's place for reply_array_count. */
size_t reply_array(struct reply *reply, size_t count);
void reply_array_count(struct reply *reply, size_t place, size_t count);

/* reply_reset forgets all nodes added since the mark. */
struct reply_mark reply_mark(const struct reply *reply);
void reply_reset(struct reply *reply, struct reply_mark mark);
bool reply_is_error(const struct reply *reply, struct reply_mark since);

/* The one block, for ferrite_free; NULL: no memory. The builder is empty afterwards. */
ferrite_reply *reply_finish(struct reply *reply);
void reply_discard(struct reply *reply);

#endif
