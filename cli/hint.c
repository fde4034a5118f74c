/*
 * hint.c - argument hints and completion from the command table and the keys. See hint.h.
 */
#include "hint.h"

#include "groups.h"
#include "split.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KEYS_SHOWN "100"

/* ---- hints ---- */

static const char *skip_item(const char *at) {
    int depth = 0;
    for (; *at && (depth || *at != ' '); at++) depth += (*at == '[') - (*at == ']');
    while (*at == ' ') at++;
    return at;
}

/* What is optional or repeated may be given in many ways: it is never skipped. */
const char *hint_after(const char *arguments, int given) {
    while (given-- > 0 && *arguments && *arguments != '[') arguments = skip_item(arguments);
    return arguments;
}

void hint_line(void *ctx, const char *line, size_t len, char *out, size_t cap) {
    struct words words = {0};
    (void)ctx;
    out[0] = 0;
    if (words_split(&words, line, len) == SPLIT_OK && words.argc) {
        const ferrite_command_info *info = ferrite_command_find(words.argv[0], words.lens[0]);
        bool name_alone = words.argc == 1 && line[len - 1] != ' ';
        if (info && !name_alone)
            snprintf(out, cap, "%s", hint_after(info->arguments, words.argc - 1));
    }
    words_free(&words);
}

/* ---- completion ---- */

static bool begins(const char *text, const char *with, size_t len) {
    return strncasecmp(text, with, len) == 0;
}

/* In the case in which the user began to type. */
static void add_name(struct candidates *out, const char *name, const char *word) {
    char text[64];
    size_t i = 0;
    bool lower = islower((unsigned char)word[0]);
    for (; name[i] && i + 1 < sizeof text; i++)
        text[i] = (char)(lower ? tolower((unsigned char)name[i]) : toupper((unsigned char)name[i]));
    text[i] = 0;
    candidates_add(out, text);
}

static void complete_name(const char *word, struct candidates *out, bool help) {
    static const char *const own[] = {"exit", "help", "quit"};
    for (size_t i = 0; ferrite_command_at(i); i++)
        if (begins(ferrite_command_at(i)->name, word, out->word_len))
            add_name(out, ferrite_command_at(i)->name, word);
    for (size_t i = 0; i < 3 && !help; i++)
        if (begins(own[i], word, out->word_len)) add_name(out, own[i], word);
    for (size_t i = 0; help && group_at(i) && word[0] == '@'; i++) {
        char name[48];
        snprintf(name, sizeof name, "@%s", group_at(i)->name);
        if (begins(name, word, out->word_len)) candidates_add(out, name);
    }
}

/* The words in capitals of a syntax are what a user types as they are. */
static void complete_option(const char *arguments, const char *word, struct candidates *out) {
    char option[32];
    while (*arguments) {
        size_t len = strspn(arguments, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (len > 1 && len < sizeof option && len >= out->word_len &&
            begins(arguments, word, out->word_len)) {
            snprintf(option, sizeof option, "%.*s", (int)len, arguments);
            add_name(out, option, word);
        }
        arguments += len ? len : 1;
        while (len == 0 && *arguments && isalpha((unsigned char)*arguments) &&
               isalpha((unsigned char)arguments[-1]))
            arguments++;
    }
}

static bool is_key_word(const ferrite_command_info *info, int place) {
    if (!info->first_key || place < info->first_key) return false;
    if (info->last_key >= 0 && place > info->last_key) return false;
    return (place - info->first_key) % info->key_step == 0;
}

/* Bytes that can be typed without quotes. */
static bool is_plain(const ferrite_reply *key) {
    for (size_t i = 0; i < key->len; i++) {
        unsigned char byte = (unsigned char)key->str[i];
        if (byte <= ' ' || byte == 0x7f || byte == '"' || byte == '\'' || byte == '\\')
            return false;
    }
    return key->len > 0;
}

static void complete_key(struct target *target, const char *word, struct candidates *out) {
    const char *argv[] = {"PREFIX", word, "LIMIT", KEYS_SHOWN};
    ferrite_db *db = ferrite_select(target->db, ferrite_session_database(target->session), NULL);
    ferrite_reply *reply = db ? ferrite_command(db, 4, argv, NULL, NULL) : NULL;
    for (size_t i = 0; reply && i < reply->count; i++)
        if (is_plain(&reply->elements[i])) candidates_add(out, reply->elements[i].str);
    out->more = reply && reply->count >= (size_t)atoi(KEYS_SHOWN);
    ferrite_free(reply);
    ferrite_close(db);
}

/* The names of CONFIG GET, and every second word of CONFIG SET. */
static bool is_config_name(const struct words *words, int place) {
    if (place < 2 || words->argc < 2 || strcasecmp(words->argv[0], "config") != 0) return false;
    bool set = strcasecmp(words->argv[1], "set") == 0;
    return strcasecmp(words->argv[1], "get") == 0 || (set && place % 2 == 0);
}

static void complete_config(const char *word, struct candidates *out) {
    for (size_t i = 0; ferrite_options_name(i); i++)
        if (strncasecmp(ferrite_options_name(i), word, strlen(word)) == 0)
            candidates_add(out, ferrite_options_name(i));
}

static void complete_argument(struct target *target, const struct words *words, int place,
                              const char *word, struct candidates *out) {
    const ferrite_command_info *info = ferrite_command_find(words->argv[0], words->lens[0]);
    if (strcasecmp(words->argv[0], "help") == 0)
        complete_name(word, out, true);
    else if (info && is_key_word(info, place))
        complete_key(target, word, out);
    else if (is_config_name(words, place))
        complete_config(word, out);
    else if (info && *word)
        complete_option(info->arguments, word, out);
}

/* Words in quotes are left alone. */
void complete_line(void *ctx, const char *line, size_t cursor, struct candidates *out) {
    struct words words = {0};
    size_t start = cursor;
    while (start > 0 && line[start - 1] != ' ') start--;
    char *word = strndup(line + start, cursor - start);
    out->word_len = cursor - start;
    if (word && !strpbrk(word, "\"'\\") && words_split(&words, line, cursor) == SPLIT_OK) {
        int place = words.argc - (out->word_len ? 1 : 0);
        if (place == 0)
            complete_name(word, out, false);
        else
            complete_argument(ctx, &words, place, word, out);
    }
    words_free(&words);
    free(word);
}
