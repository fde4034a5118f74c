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

static bool is_named(const char *words, const char *name) {
    return strncasecmp(words, name, strlen(name)) == 0;
}

/* Of these one word more has a meaning that came to Redis after 7.0. */
static bool has_later_option(const char *words) {
    return is_named(words, "zrank") || is_named(words, "zrevrank");
}

/* COMMAND alone tells of all commands, and each side has its own. */
static bool has_to_be_whole(const struct redis_command *command) {
    return command->argc == 2 && is_named(command->argv[0], "command");
}

/* A word too few, or one too many. */
static void spoil(struct redis_command *command, struct choices *c) {
    const bool shorter = choose_once_in(c, 2) || has_later_option(command->argv[0]);
    if (shorter && command->argc > 1 && !has_to_be_whole(command))
        command->argc--;
    else if (command->argc < REDIS_WORDS_MAX)
        redis_word_add(command, "extra", 5);
}

/* Whether any words may stand behind the name: moments that are near would pass between the two sides; after a cursor
 * that is too large the SORT of Redis finds fault with any number; and order by members needs scores that are equal. */
static bool can_be_blind(const char *words) {
    static const char *const excluded[] = {
        "command",     "setex",          "psetex",    "getex",         "expire",
        "pexpire",     "scan",           "sscan",     "hscan",         "zscan",
        "zrangebylex", "zrevrangebylex", "zlexcount", "zremrangebylex"};
    for (size_t i = 0; i < sizeof excluded / sizeof *excluded; i++)
        if (is_named(words, excluded[i])) return false;
    return !has_later_option(words);
}

/* The command with any words behind it: what is found wrong first? */
static void expand_blindly(struct redis_command *command, const struct redis_pattern *pattern,
                           struct choices *c) {
    static const char letters[] = "thlszkwvvmmnnfxiicbydg";
    add_literal(command, pattern->words, strcspn(pattern->words, " "), c);
    for (uint32_t count = choose(c, 7); count > 0; count--) {
        if (*pattern->options != '\0' && choose_once_in(c, 4))
            add_option(command, pattern->options, c);
        else
            redis_letter_add(command, letters[choose(c, sizeof letters - 1)], c);
    }
}

void redis_command_make(struct redis_command *command, struct choices *c) {
    const struct redis_pattern *pattern;
    do pattern = redis_pattern_choose(c);
    while (strncmp(pattern->words, "NOSUCH", 6) != 0 &&
           !ferrite_command_find(pattern->words, strcspn(pattern->words, " ")));
    command->argc = 0;
    command->used = 0;
    command->match = pattern->match;
    if (choose_once_in(c, 20) && can_be_blind(pattern->words))
        expand_blindly(command, pattern, c);
    else
        expand(command, pattern->words, pattern->options, c);
    if (choose_once_in(c, 100)) spoil(command, c);
}
