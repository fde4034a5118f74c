/* redis_scan.c - scans on both sides, compared by all that they give. See redis_sides.h. */
#include "redis_sides.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* All that a scan gives, as an array that owns copies; a reply that is an error as it is. */
struct found {
    ferrite_reply reply;
    ferrite_reply *elements;
    size_t cap;
};

static void found_add(struct found *found, const ferrite_reply *element) {
    if (found->reply.count == found->cap) {
        found->cap = found->cap * 2 + 64;
        found->elements = realloc(found->elements, found->cap * sizeof *found->elements);
        cr_assert_not_null(found->elements);
        found->reply.elements = found->elements;
    }
    char *copy = malloc(element->len + 1);
    cr_assert_not_null(copy);
    memcpy(copy, element->str, element->len);
    copy[element->len] = 0;
    ferrite_reply *last = &found->elements[found->reply.count++];
    *last = *element;
    last->str = copy;
}

static void found_free(struct found *found) {
    for (size_t i = 0; i < found->reply.count; i++) free((void *)found->elements[i].str);
    free(found->elements);
}

/* One step's elements, and the next cursor. False: the reply is no step. */
static bool found_step(struct found *found, const ferrite_reply *reply, char cursor[32]) {
    if (reply->type != FERRITE_REPLY_ARRAY || reply->count != 2) return false;
    snprintf(cursor, 32, "%s", reply->elements[0].str);
    const ferrite_reply *list = &reply->elements[1];
    for (size_t i = 0; i < list->count; i++) found_add(found, &list->elements[i]);
    return true;
}

static bool scan_words(struct redis_pair *pair, bool ours, struct found *found) {
    struct redis_command *command = &pair->command;
    const char *argv[REDIS_WORDS_MAX];
    size_t lens[REDIS_WORDS_MAX];
    char cursor[32] = "0";
    int at = strncasecmp(command->argv[0], "scan", 4) == 0 ? 1 : 2;
    memcpy(argv, command->argv, sizeof argv);
    memcpy(lens, command->lens, sizeof lens);
    found->reply.type = FERRITE_REPLY_ARRAY;
    bool step = true;
    for (int i = 0; step && (i == 0 || strcmp(cursor, "0") != 0); i++) {
        redisReply *raw = NULL;
        argv[at] = cursor;
        lens[at] = strlen(cursor);
        ferrite_reply *reply = ours ? redis_ours(pair, command->argc, argv, lens)
                                    : redis_theirs(pair, command->argc, argv, lens, &raw);
        step = found_step(found, reply, cursor);
        if (ours)
            ferrite_free(reply);
        else
            replies_free(reply);
        if (raw) freeReplyObject(raw);
        cr_assert_lt(i, 100000, "a scan that does not end");
    }
    return step;
}

void redis_compare_scans(struct redis_pair *pair, size_t unit) {
    struct redis_answers first = redis_ask_command(pair);
    struct found theirs = {0}, ours = {0};
    if (first.theirs->type != FERRITE_REPLY_ARRAY || first.ours->type != FERRITE_REPLY_ARRAY) {
        if (!replies_same(first.theirs, first.ours)) redis_tell(pair, "reply", &first);
    } else {
        scan_words(pair, false, &theirs);
        scan_words(pair, true, &ours);
        if (!replies_same_elements(&theirs.reply, &ours.reply, unit, true)) {
            struct redis_answers all = {NULL, &theirs.reply, &ours.reply};
            redis_tell(pair, "what the scan gives", &all);
        }
    }
    found_free(&theirs);
    found_free(&ours);
    redis_answers_free(&first);
}
