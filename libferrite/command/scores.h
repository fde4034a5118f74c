/*
 * scores.h - scores and bounds of sorted sets as words, read and written as Redis 7.0 does. Used by
 * the handlers on sorted sets. Any thread.
 */
#ifndef FERRITE_COMMAND_SCORES_H
#define FERRITE_COMMAND_SCORES_H

#include "command.h"

/* A double as strtod reads it in the C locale, the whole word; no NaN, nothing that overflows. */
bool word_score(ferrite_slice word, double *score);
/* Adding the error reply when it is none. */
bool arg_score(struct command_call *call, int i, double *score);
#define SCORE_TEXT_MAX 32u
/* Writes at most 17 digits, as Redis 7.0 does, with a NUL or without; returns the length. */
size_t score_text(double score, char text[SCORE_TEXT_MAX]);
void reply_score(struct reply *reply, double score);

/* Members, and behind each its score if wanted; the array is freed with the reply. NULL with
 * call->err is -1, without it nil. */
int zitems_reply(struct command_call *call, ferrite_zitem *items, size_t count, bool scores);
/* A negative result stays; else adds the count; 0. */
int count_reply(struct command_call *call, int result, uint64_t count);

/* The words `min` and `max` as bounds of a span by score, or by member: false after adding the
 * error reply. */
bool arg_score_bounds(struct command_call *call, int min, int max, ferrite_zspan *span);
bool arg_member_bounds(struct command_call *call, int min, int max, ferrite_zspan *span);

#endif
