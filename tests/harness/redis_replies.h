/*
 * redis_replies.h - replies of redis-server and of the library as one kind of thing, and whether two
 * of them say the same.
 */
#ifndef FERRITE_TESTS_REDIS_REPLIES_H
#define FERRITE_TESTS_REDIS_REPLIES_H

#include "../../libferrite/ferrite.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>

/* The server's reply as the library would give it; its strings are still the server's. */
ferrite_reply *replies_convert(const redisReply *reply);
void replies_free(ferrite_reply *reply);

bool replies_same(const ferrite_reply *a, const ferrite_reply *b);
/* Of two arrays, in any order; `unit` elements belong together. `once`: one that is there twice
 * counts once. */
bool replies_same_elements(const ferrite_reply *a, const ferrite_reply *b, size_t unit, bool once);
/* Integers no further apart than this, if both are moments or times to come. */
bool replies_near(const ferrite_reply *a, const ferrite_reply *b, int64_t apart);

#endif
