/* redis_vocabulary.c - see redis_vocabulary.h. */
#include "redis_vocabulary.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Literals with their lengths: some have zero bytes. */
#define WORD(text) \
    { text, sizeof(text) - 1 }
struct word {
    const char *data;
    size_t len;
};

static const struct word string_keys[] = {WORD("t1"), WORD("t2"), WORD("t3"), WORD(""),
                                          WORD("t\xff\0x")};
static const struct word hash_keys[] = {WORD("h1"), WORD("h2"), WORD("h3"), WORD("h\0\n")};
static const struct word list_keys[] = {WORD("l1"), WORD("l2"), WORD("l3"), WORD("l 4")};
static const struct word set_keys[] = {WORD("s1"), WORD("s2"), WORD("s3"), WORD("s4")};
static const struct word zset_keys[] = {WORD("z1"), WORD("z2"), WORD("z3"), WORD("z*")};
static const struct word lex_keys[] = {WORD("q1"), WORD("q2")};
static const struct word values[] = {WORD(""),
                                     WORD("v"),
                                     WORD("hello"),
                                     WORD("10"),
                                     WORD("-3"),
                                     WORD("0"),
                                     WORD("1.5"),
                                     WORD("a\0b\n\r\"\\"),
                                     WORD("9223372036854775807"),
                                     WORD("1e3"),
                                     WORD("007"),
                                     WORD("ohmytext"),
                                     WORD("mynewtext"),
                                     WORD("\xff\xfe"),
                                     WORD("-9223372036854775808"),
                                     WORD("12345678901234567890123")};
static const struct word integers[] = {WORD("0"),
                                       WORD("1"),
                                       WORD("-1"),
                                       WORD("2"),
                                       WORD("5"),
                                       WORD("-5"),
                                       WORD("10"),
                                       WORD("100"),
                                       WORD("-100"),
                                       WORD("9223372036854775807"),
                                       WORD("-9223372036854775808"),
                                       WORD("9223372036854775808"),
                                       WORD("x"),
                                       WORD(""),
                                       WORD("1.5"),
                                       WORD(" 3"),
                                       WORD("007"),
                                       WORD("+1"),
                                       WORD("-0"),
                                       WORD("99999"),
                                       WORD("3\0")};
/* No number here is too large for a double: after one, the SORT of Redis finds fault with any. */
static const struct word floats[] = {
    WORD("0"),     WORD("1"),    WORD("-1.5"),  WORD("0.1"),
    WORD("3.0e2"), WORD("1e-5"), WORD("abc"),   WORD(""),
    WORD("-inf"),  WORD("nan"),  WORD("0x10"),  WORD("1e15"),
    WORD("5."),    WORD(".5"),   WORD("1e-20"), WORD("123456789.123456789"),
    WORD(" 1"),    WORD("1 ")};
static const struct word scores[] = {
    WORD("0"),    WORD("1"),      WORD("2"),    WORD("3"),    WORD("-1"),   WORD("-2.5"),
    WORD("0.5"),  WORD("1.5"),    WORD("10"),   WORD("100"),  WORD("1e15"), WORD("1e20"),
    WORD("inf"),  WORD("-inf"),   WORD("+inf"), WORD("0.25"), WORD("7"),    WORD("12345678.125"),
    WORD("1e-3"), WORD("3.14159")};
static const struct word bad_scores[] = {WORD("nan"), WORD("x"),        WORD(""),  WORD("0x10"),
                                         WORD(" 1"),  WORD("infinity"), WORD("1x")};
static const struct word bounds[] = {WORD("-inf"), WORD("+inf"), WORD("inf"),  WORD("0"),
                                     WORD("1"),    WORD("(1"),   WORD("2"),    WORD("(2"),
                                     WORD("10"),   WORD("(-1"),  WORD("100"),  WORD("1.5"),
                                     WORD("(0"),   WORD("(inf"), WORD("(-inf")};
static const struct word bad_bounds[] = {WORD("(x"),  WORD("("),  WORD(""),
                                         WORD("nan"), WORD("[1"), WORD("((1")};
static const struct word lex_bounds[] = {WORD("-"),    WORD("+"),     WORD("["),    WORD("("),
                                         WORD("[m10"), WORD("(m10"),  WORD("[m25"), WORD("(m5"),
                                         WORD("[5"),   WORD("[\xff"), WORD("(10")};
static const struct word bad_lex_bounds[] = {WORD("m"), WORD(""), WORD("--"), WORD("+x"),
                                             WORD("x[")};
static const struct word seconds[] = {WORD("100000"),
                                      WORD("200000"),
                                      WORD("100000000"),
                                      WORD("100000"),
                                      WORD("0"),
                                      WORD("-5"),
                                      WORD("x"),
                                      WORD("9223372036854775807"),
                                      WORD("9223372036854775"),
                                      WORD("")};
static const struct word moments[] = {WORD("4000000000"), WORD("4000000100"),
                                      WORD("5000000000"), WORD("4000000000"),
                                      WORD("5000000000"), WORD("1"),
                                      WORD("0"),          WORD("-1"),
                                      WORD("x"),          WORD("9223372036854775807")};
static const struct word moments_ms[] = {WORD("4000000000000"),
                                         WORD("4000000000001"),
                                         WORD("5000000000000"),
                                         WORD("4000000000000"),
                                         WORD("5000000000000"),
                                         WORD("0"),
                                         WORD("-1"),
                                         WORD("x"),
                                         WORD("9223372036854775807")};
static const struct word databases[] = {WORD("0"),  WORD("0"),  WORD("1"),  WORD("1"), WORD("2"),
                                        WORD("15"), WORD("16"), WORD("-1"), WORD("x")};
static const struct word offsets[] = {WORD("0"),    WORD("1"),  WORD("3"), WORD("100"),
                                      WORD("5000"), WORD("-1"), WORD("x"), WORD("536870912")};
static const struct word globs[] = {WORD("*"),      WORD("h*"),     WORD("m1*"), WORD("*0"),
                                    WORD("[a-l]*"), WORD("?1"),     WORD(""),    WORD("z\\*"),
                                    WORD("[^m]*"),  WORD("m[0-9]5")};
static const struct word weights[] = {WORD("w0"),  WORD("w1"),  WORD("w2"), WORD("w5"),
                                      WORD("w10"), WORD("w-3"), WORD("wm1")};

#define PICK(list, choices) (&(list)[choose(choices, sizeof(list) / sizeof *(list))])

void redis_word_add(struct redis_command *command, const char *data, size_t len) {
    assert(command->argc < REDIS_WORDS_MAX && command->used + len <= sizeof command->bytes);
    char *place = command->bytes + command->used;
    memcpy(place, data, len);
    command->used += len;
    command->argv[command->argc] = place;
    command->lens[command->argc++] = len;
}

static void add_word(struct redis_command *command, const struct word *word) {
    redis_word_add(command, word->data, word->len);
}

static void add_number(struct redis_command *command, long number) {
    char text[24];
    redis_word_add(command, text, (size_t)snprintf(text, sizeof text, "%ld", number));
}

static void add_key(struct redis_command *command, char kind, struct choices *c) {
    static const char kinds[] = "thlsz";
    if (kind == 'k' || choose_once_in(c, 12)) kind = kinds[choose(c, 5)];
    switch (kind) {
    case 't':
        add_word(command, PICK(string_keys, c));
        break;
    case 'h':
        add_word(command, PICK(hash_keys, c));
        break;
    case 'l':
        add_word(command, PICK(list_keys, c));
        break;
    case 's':
        add_word(command, PICK(set_keys, c));
        break;
    default:
        add_word(command, PICK(zset_keys, c));
    }
}

/* Whole numbers and words, so that all of Redis's encodings come to be. */
static void add_member(struct redis_command *command, struct choices *c) {
    char text[32];
    int len;
    switch (choose(c, 12)) {
    case 0:
        add_word(command, PICK(values, c));
        return;
    case 1:
    case 2:
    case 3:
        len = snprintf(text, sizeof text, "%d", (int)choose(c, 200));
        break;
    default:
        len = snprintf(text, sizeof text, "m%d", (int)choose(c, 200));
    }
    redis_word_add(command, text, (size_t)len);
}

static void add_value(struct redis_command *command, struct choices *c) {
    static char large[6000];
    if (choose(c, 25)) {
        add_word(command, PICK(values, c));
        return;
    }
    size_t len = choose_once_in(c, 6) ? choose_between(c, 1000, sizeof large) : choose(c, 300);
    memset(large, 'a' + (int)choose(c, 26), len);
    for (size_t i = 50; i < len; i += 50) large[i] = (char)choose(c, 256);
    redis_word_add(command, large, len);
}

static uint32_t many(struct choices *c) {
    return choose_once_in(c, 8) ? choose_between(c, 20, 150) : choose_between(c, 1, 3);
}

static void add_score(struct redis_command *command, struct choices *c) {
    char text[32];
    if (choose_once_in(c, 60))
        add_word(command, PICK(bad_scores, c));
    else if (choose(c, 2))
        add_word(command, PICK(scores, c));
    else
        redis_word_add(command, text,
                       (size_t)snprintf(text, sizeof text, "%d", (int)choose(c, 60)));
}

static void add_keys_counted(struct redis_command *command, struct choices *c) {
    static const char kinds[] = "zzsslk";
    uint32_t count = choose_between(c, 1, 3);
    if (choose_once_in(c, 15))
        add_word(command, PICK(integers, c));
    else
        add_number(command, (long)count);
    char kind = kinds[choose(c, sizeof kinds - 1)];
    for (uint32_t i = 0; i < count; i++) add_key(command, kind, c);
}

static void add_index(struct redis_command *command, struct choices *c) {
    if (choose_once_in(c, 40))
        add_word(command, PICK(integers, c));
    else if (choose_once_in(c, 4))
        add_number(command, (long)choose(c, 300) - 150);
    else
        add_number(command, (long)choose(c, 13) - 6);
}

static void add_count(struct redis_command *command, struct choices *c) {
    static const char *const wrong[] = {"x", "", "-1", "-3", "9223372036854775808", "1.5", "0"};
    if (choose_once_in(c, 12)) {
        const char *word = wrong[choose(c, 7)];
        redis_word_add(command, word, strlen(word));
    } else {
        add_number(command,
                   (long)(choose_once_in(c, 6) ? choose(c, 120) : choose_between(c, 1, 6)));
    }
}

/* ---- letters ---- */

/* Letters that stand for many words. */
static bool group_add(struct redis_command *command, char letter, struct choices *c) {
    uint32_t count = strchr("VMFSQ", letter) ? many(c) : 1;
    if (letter == 'U') add_keys_counted(command, c);
    for (uint32_t i = 0; i < count && command->used < sizeof command->bytes / 2; i++) {
        if (letter == 'S') add_score(command, c);
        if (letter == 'Q') add_number(command, 0);
        if (letter == 'V') add_value(command, c);
        if (strchr("MFSQ", letter)) add_member(command, c);
        if (letter == 'F') add_value(command, c);
    }
    return strchr("VMFSQU", letter) != NULL;
}

static void one_add(struct redis_command *command, char letter, struct choices *c) {
    switch (letter) {
    case 'v':
        add_value(command, c);
        break;
    case 'm':
        add_member(command, c);
        break;
    case 'n':
        add_word(command, PICK(integers, c));
        break;
    case 'f':
        add_word(command, PICK(floats, c));
        break;
    case 'x':
        add_score(command, c);
        break;
    case 'i':
        add_index(command, c);
        break;
    case 'c':
        add_count(command, c);
        break;
    case 'b':
        add_word(command, choose_once_in(c, 20) ? PICK(bad_bounds, c) : PICK(bounds, c));
        break;
    case 'y':
        add_word(command, choose_once_in(c, 20) ? PICK(bad_lex_bounds, c) : PICK(lex_bounds, c));
        break;
    case 'e':
        add_word(command, PICK(seconds, c));
        break;
    case 'a':
        add_word(command, PICK(moments, c));
        break;
    case 'p':
        add_word(command, &moments[choose(c, 5)]);
        break;
    case 'A':
        add_word(command, PICK(moments_ms, c));
        break;
    case 'd':
        add_word(command, PICK(databases, c));
        break;
    case 'o':
        add_word(command, PICK(offsets, c));
        break;
    case 'g':
        add_word(command, PICK(globs, c));
        break;
    case 'w':
        add_word(command, PICK(weights, c));
        break;
    case 'q':
        add_word(command, PICK(lex_keys, c));
        break;
    default:
        add_key(command, letter, c);
    }
}

void redis_letter_add(struct redis_command *command, char letter, struct choices *c) {
    if (!group_add(command, letter, c)) one_add(command, letter, c);
}
