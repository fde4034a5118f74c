/* redis_words.c - random commands from patterns. See redis_words.h. */
#include "redis_words.h"

#include "../../libferrite/ferrite.h"
#include "redis_vocabulary.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

static void expand(struct redis_command *command, const char *words, const char *options,
                   struct choices *c);

static void add_option(struct redis_command *command, const char *options, struct choices *c) {
    char text[64];
    uint32_t count = 1;
    if (choose_once_in(c, 2)) return;
    for (const char *at = options; *at; at++) count += *at == '|';
    for (uint32_t skip = choose(c, count); skip > 0; skip--) options = strchr(options, '|') + 1;
    size_t len = strcspn(options, "|");
    assert(len < sizeof text);
    memcpy(text, options, len);
    text[len] = 0;
    expand(command, text, "", c);
}

static void add_literal(struct redis_command *command, const char *word, size_t len,
                        struct choices *c) {
    char text[32];
    bool lower = choose_once_in(c, 10);
    assert(len < sizeof text);
    for (size_t i = 0; i < len; i++)
        text[i] = lower ? (char)tolower((unsigned char)word[i]) : word[i];
    redis_word_add(command, text, len);
}

static void expand(struct redis_command *command, const char *words, const char *options,
                   struct choices *c) {
    while (*words) {
        size_t len = strcspn(words, " ");
        if (len == 1 && *words == '?')
            add_option(command, options, c);
        else if (len > 1 || !isalpha((unsigned char)*words))
            add_literal(command, words, len, c);
        else
            redis_letter_add(command, *words, c);
        words += len + (words[len] == ' ');
    }
}

/* Of these one word more has a meaning that came to Redis after 7.0. */
static bool has_later_option(const struct redis_command *command) {
    return strncasecmp(command->argv[0], "zrank", 5) == 0 ||
           strncasecmp(command->argv[0], "zrevrank", 8) == 0;
}

/* COMMAND alone tells of all commands, and each side has its own. */
static bool has_to_be_whole(const struct redis_command *command) {
    return command->argc == 2 && strncasecmp(command->argv[0], "command", 7) == 0;
}

/* A word too few, or one too many. */
static void spoil(struct redis_command *command, struct choices *c) {
    if ((choose_once_in(c, 2) || has_later_option(command)) && command->argc > 1 &&
        !has_to_be_whole(command))
        command->argc--;
    else if (command->argc < REDIS_WORDS_MAX)
        redis_word_add(command, "extra", 5);
}

void redis_command_make(struct redis_command *command, struct choices *c) {
    const struct redis_pattern *pattern;
    do pattern = redis_pattern_choose(c);
    while (strncmp(pattern->words, "NOSUCH", 6) != 0 &&
           !ferrite_command_find(pattern->words, strcspn(pattern->words, " ")));
    command->argc = 0;
    command->used = 0;
    command->match = pattern->match;
    expand(command, pattern->words, pattern->options, c);
    if (choose_once_in(c, 100)) spoil(command, c);
}
