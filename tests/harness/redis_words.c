/*
 * redis_words.c - random commands from patterns. See redis_words.h.
 *
 * A pattern is a command with letters in the place of words:
 *
 *   t h l s z   a key of strings, hashes, lists, sets, sorted sets, now and then of another type
 *   q           a key of sorted sets whose scores are all 0: what order by members needs
 *   k           any key             w   a key that SORT's patterns reach
 *   v m         a value, a member   V M several of them, now and then very many
 *   F S Q       fields with values, scores with members, zeros with members
 *   n f x       an integer, a float, a score, each nearly one now and then
 *   i c         an index, a count   b y a bound of scores, of members
 *   e a A       seconds from now on, a moment in s, in ms
 *   p           a moment in s that is no past one: Redis keeps and counts a key set so for a while
 *   U           a number of sets and sorted sets, and they
 *   d o g       a database, an offset, a glob pattern
 *   ?           one of the row's options, or nothing
 */
#include "redis_words.h"

#include "../../libferrite/ferrite.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct pattern {
    const char *words, *options; /* options are separated by | */
    enum redis_match match;
};

static const struct pattern patterns[] = {
    /* strings */
    {"SET t v", "", REDIS_SAME},
    {"SET t v ? ?", "NX|XX|GET|KEEPTTL|EX e|PX A|EXAT p|PXAT A|nosuch", REDIS_SAME},
    {"GET t", "", REDIS_SAME},
    {"GETSET t v", "", REDIS_SAME},
    {"GETDEL t", "", REDIS_SAME},
    {"GETEX t ?", "PERSIST|EX e|PX A|EXAT a|PXAT A|nosuch", REDIS_SAME},
    {"SETNX t v", "", REDIS_SAME},
    {"SETEX t e v", "", REDIS_SAME},
    {"PSETEX t A v", "", REDIS_SAME},
    {"MSET t v k v", "", REDIS_SAME},
    {"MSETNX t v t v", "", REDIS_SAME},
    {"MGET t k t", "", REDIS_SAME},
    {"INCR t", "", REDIS_SAME},
    {"DECR t", "", REDIS_SAME},
    {"INCRBY t n", "", REDIS_SAME},
    {"DECRBY t n", "", REDIS_SAME},
    {"INCRBYFLOAT t f", "", REDIS_SAME},
    {"APPEND t v", "", REDIS_SAME},
    {"STRLEN t", "", REDIS_SAME},
    {"GETRANGE t n n", "", REDIS_SAME},
    {"SUBSTR t i i", "", REDIS_SAME},
    {"SETRANGE t o v", "", REDIS_SAME},
    {"LCS t t ? ?", "LEN|IDX|MINMATCHLEN 2|WITHMATCHLEN|nosuch", REDIS_SAME},
    {"SET w f", "", REDIS_SAME},
    /* keys */
    {"DEL k", "", REDIS_SAME},
    {"UNLINK k k", "", REDIS_SAME},
    {"EXISTS k k k", "", REDIS_SAME},
    {"TOUCH k k", "", REDIS_SAME},
    {"TYPE k", "", REDIS_SAME},
    {"KEYS g", "", REDIS_ELEMENTS},
    {"SCAN 0 ? ?", "COUNT c|MATCH g|TYPE hash|TYPE string|TYPE nosuch|nosuch", REDIS_SCAN},
    {"RENAME k k", "", REDIS_SAME},
    {"RENAMENX k k", "", REDIS_SAME},
    {"COPY k k ? ?", "REPLACE|DB d|REPLACE|nosuch", REDIS_SAME},
    {"COPY k k REPLACE", "", REDIS_SAME},
    {"MOVE k d", "", REDIS_SAME},
    {"DBSIZE", "", REDIS_SAME},
    {"SELECT d", "", REDIS_SAME},
    {"SELECT 0", "", REDIS_SAME},
    {"SWAPDB d d", "", REDIS_SAME},
    {"RANDOMKEY", "", REDIS_RANDOM},
    {"OBJECT REFCOUNT k", "", REDIS_KIND},
    {"OBJECT ENCODING k", "", REDIS_KIND},
    {"OBJECT IDLETIME k", "", REDIS_KIND},
    {"OBJECT FREQ k", "", REDIS_KIND},
    {"OBJECT nosuch k", "", REDIS_SAME},
    {"MEMORY USAGE k ?", "SAMPLES c|nosuch", REDIS_KIND},
    {"SORT k ? ? ?", "ALPHA|DESC|ASC|LIMIT i c|GET #|GET w*|STORE k|nosuch", REDIS_SAME},
    {"SORT k BY w* ? ?", "DESC|LIMIT i c|GET #|GET w*|STORE l", REDIS_SAME},
    {"SORT k BY nosort ? ?", "DESC|GET #|GET w*|ALPHA", REDIS_ELEMENTS},
    {"SORT_RO k BY w* ?", "DESC|LIMIT i c|GET #", REDIS_SAME},
    {"SORT_RO k ? ?", "ALPHA|DESC|LIMIT i c|GET #|nosuch", REDIS_SAME},
    /* expiry */
    {"EXPIRE k e ?", "NX|XX|nosuch", REDIS_SAME},
    {"PEXPIRE k A ?", "NX|XX", REDIS_SAME},
    {"EXPIREAT k a ? ?", "NX|XX|GT|LT|nosuch", REDIS_SAME},
    {"PEXPIREAT k A ? ?", "NX|XX|GT|LT", REDIS_SAME},
    {"PERSIST k", "", REDIS_SAME},
    {"TTL k", "", REDIS_NEAR},
    {"PTTL k", "", REDIS_NEAR},
    {"EXPIRETIME k", "", REDIS_NEAR},
    {"PEXPIRETIME k", "", REDIS_NEAR},
    /* hashes */
    {"HSET h F", "", REDIS_SAME},
    {"HSET h F", "", REDIS_SAME},
    {"HMSET h F", "", REDIS_SAME},
    {"HSETNX h m v", "", REDIS_SAME},
    {"HGET h m", "", REDIS_SAME},
    {"HMGET h M", "", REDIS_SAME},
    {"HGETALL h", "", REDIS_PAIRS},
    {"HKEYS h", "", REDIS_ELEMENTS},
    {"HVALS h", "", REDIS_ELEMENTS},
    {"HLEN h", "", REDIS_SAME},
    {"HSTRLEN h m", "", REDIS_SAME},
    {"HEXISTS h m", "", REDIS_SAME},
    {"HDEL h M", "", REDIS_SAME},
    {"HDEL h M", "", REDIS_SAME},
    {"HINCRBY h m n", "", REDIS_SAME},
    {"HINCRBYFLOAT h m f", "", REDIS_SAME},
    {"HRANDFIELD h", "", REDIS_RANDOM},
    {"HRANDFIELD h c", "", REDIS_RANDOM},
    {"HSCAN h 0 ? ?", "COUNT c|MATCH g|nosuch", REDIS_SCAN_PAIRS},
    /* lists */
    {"LPUSH l V", "", REDIS_SAME},
    {"RPUSH l V", "", REDIS_SAME},
    {"LPUSHX l V", "", REDIS_SAME},
    {"RPUSHX l V", "", REDIS_SAME},
    {"LPOP l", "", REDIS_SAME},
    {"RPOP l", "", REDIS_SAME},
    {"LPOP l c", "", REDIS_SAME},
    {"RPOP l c", "", REDIS_SAME},
    {"LMPOP U LEFT ?", "COUNT c|nosuch", REDIS_SAME},
    {"LMPOP 2 l l RIGHT ?", "COUNT c|COUNT 50", REDIS_SAME},
    {"LLEN l", "", REDIS_SAME},
    {"LINDEX l i", "", REDIS_SAME},
    {"LRANGE l i i", "", REDIS_SAME},
    {"LRANGE l 0 -1", "", REDIS_SAME},
    {"LSET l i v", "", REDIS_SAME},
    {"LINSERT l BEFORE v v", "", REDIS_SAME},
    {"LINSERT l AFTER v v", "", REDIS_SAME},
    {"LINSERT l nosuch v v", "", REDIS_SAME},
    {"LREM l i v", "", REDIS_SAME},
    {"LTRIM l i i", "", REDIS_SAME},
    {"LTRIM l i -1", "", REDIS_SAME},
    {"LPOS l v ? ? ?", "RANK i|COUNT c|MAXLEN c|nosuch", REDIS_SAME},
    {"LMOVE l l LEFT RIGHT", "", REDIS_SAME},
    {"LMOVE l l RIGHT LEFT", "", REDIS_SAME},
    {"LMOVE l k LEFT ?", "LEFT|RIGHT|nosuch", REDIS_SAME},
    {"RPOPLPUSH l l", "", REDIS_SAME},
    /* sets */
    {"SADD s M", "", REDIS_SAME},
    {"SADD s M", "", REDIS_SAME},
    {"SREM s M", "", REDIS_SAME},
    {"SREM s M", "", REDIS_SAME},
    {"SMEMBERS s", "", REDIS_ELEMENTS},
    {"SISMEMBER s m", "", REDIS_SAME},
    {"SMISMEMBER s M", "", REDIS_SAME},
    {"SCARD s", "", REDIS_SAME},
    {"SPOP s", "", REDIS_POPPED},
    {"SPOP s c", "", REDIS_POPPED},
    {"SRANDMEMBER s", "", REDIS_RANDOM},
    {"SRANDMEMBER s c", "", REDIS_RANDOM},
    {"SMOVE s s m", "", REDIS_SAME},
    {"SUNION s s s", "", REDIS_ELEMENTS},
    {"SINTER s s", "", REDIS_ELEMENTS},
    {"SDIFF s s s", "", REDIS_ELEMENTS},
    {"SUNIONSTORE s s s", "", REDIS_SAME},
    {"SINTERSTORE s s s", "", REDIS_SAME},
    {"SDIFFSTORE k s s", "", REDIS_SAME},
    {"SINTERCARD U ?", "LIMIT c|nosuch", REDIS_SAME},
    {"SINTERCARD 2 s s ?", "LIMIT c", REDIS_SAME},
    {"SSCAN s 0 ? ?", "COUNT c|MATCH g|nosuch", REDIS_SCAN},
    /* sorted sets */
    {"ZADD z S", "", REDIS_SAME},
    {"ZADD z S", "", REDIS_SAME},
    {"ZADD z ? ? ? S", "NX|XX|GT|LT|CH|CH", REDIS_SAME},
    {"ZADD z ? ? INCR x m", "NX|XX|GT|LT|CH", REDIS_SAME},
    {"ZINCRBY z x m", "", REDIS_SAME},
    {"ZREM z M", "", REDIS_SAME},
    {"ZREM z M", "", REDIS_SAME},
    {"ZSCORE z m", "", REDIS_SAME},
    {"ZMSCORE z M", "", REDIS_SAME},
    {"ZCARD z", "", REDIS_SAME},
    {"ZCOUNT z b b", "", REDIS_SAME},
    {"ZADD q Q", "", REDIS_SAME},
    {"ZADD q Q", "", REDIS_SAME},
    {"ZREM q M", "", REDIS_SAME},
    {"ZLEXCOUNT q y y", "", REDIS_SAME},
    {"ZRANK z m", "", REDIS_SAME},
    {"ZREVRANK z m", "", REDIS_SAME},
    {"ZRANGE z i i ? ?", "WITHSCORES|REV|nosuch|LIMIT i c", REDIS_SAME},
    {"ZRANGE z b b BYSCORE ? ? ?", "WITHSCORES|REV|LIMIT i i|LIMIT 1 c", REDIS_SAME},
    {"ZRANGE q y y BYLEX ? ?", "WITHSCORES|REV|LIMIT i i|LIMIT 0 c", REDIS_SAME},
    {"ZRANGE z 0 -1 WITHSCORES", "", REDIS_SAME},
    {"ZRANGESTORE k z i i ?", "REV|nosuch", REDIS_SAME},
    {"ZRANGESTORE z z b b BYSCORE ? ?", "REV|LIMIT i i|WITHSCORES", REDIS_SAME},
    {"ZRANGESTORE q q y y BYLEX ?", "REV|LIMIT 1 c", REDIS_SAME},
    {"ZREVRANGE z i i ?", "WITHSCORES|nosuch", REDIS_SAME},
    {"ZRANGEBYSCORE z b b ? ?", "WITHSCORES|LIMIT i i|LIMIT 2 c|nosuch", REDIS_SAME},
    {"ZREVRANGEBYSCORE z b b ? ?", "WITHSCORES|LIMIT i i|nosuch", REDIS_SAME},
    {"ZRANGEBYLEX q y y ?", "LIMIT i i|nosuch", REDIS_SAME},
    {"ZREVRANGEBYLEX q y y ?", "LIMIT i i", REDIS_SAME},
    {"ZREMRANGEBYRANK z i i", "", REDIS_SAME},
    {"ZREMRANGEBYSCORE z b b", "", REDIS_SAME},
    {"ZREMRANGEBYLEX q y y", "", REDIS_SAME},
    {"ZPOPMIN z ?", "c", REDIS_SAME},
    {"ZPOPMAX z ?", "c", REDIS_SAME},
    {"ZMPOP U MIN ?", "COUNT c|nosuch", REDIS_SAME},
    {"ZMPOP 2 z z MAX ?", "COUNT c", REDIS_SAME},
    {"ZRANDMEMBER z", "", REDIS_RANDOM},
    {"ZRANDMEMBER z c", "", REDIS_RANDOM},
    {"ZUNION U ? ? ?", "WITHSCORES|AGGREGATE MIN|AGGREGATE MAX|WEIGHTS 2 x|AGGREGATE nosuch",
     REDIS_SAME},
    {"ZUNION 2 z z ? ? ?", "WITHSCORES|AGGREGATE MIN|AGGREGATE SUM|WEIGHTS 2 x|WEIGHTS 1 -0.5",
     REDIS_SAME},
    {"ZINTER 2 z z ? ? ?", "WITHSCORES|AGGREGATE MIN|AGGREGATE MAX|WEIGHTS 2 x|WEIGHTS x",
     REDIS_SAME},
    {"ZDIFF 2 z z ?", "WITHSCORES|WEIGHTS 1 2", REDIS_SAME},
    {"ZUNIONSTORE z 2 z s ? ?", "AGGREGATE MAX|WEIGHTS 1 x|WITHSCORES", REDIS_SAME},
    {"ZINTERSTORE k U ? ?", "AGGREGATE MIN|WEIGHTS 1 x", REDIS_SAME},
    {"ZDIFFSTORE z 3 z z s", "", REDIS_SAME},
    {"ZINTERCARD U ?", "LIMIT c", REDIS_SAME},
    {"ZINTERCARD 2 z z ?", "LIMIT c|nosuch", REDIS_SAME},
    {"ZSCAN z 0 ? ?", "COUNT c|MATCH g|nosuch", REDIS_SCAN_PAIRS},
    {"NOSUCH k v", "", REDIS_SAME},
    {"PING v", "", REDIS_SAME},
    {"ECHO v", "", REDIS_SAME},
};

/* ---- words ---- */

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

static void add(struct redis_command *command, const char *data, size_t len) {
    assert(command->argc < REDIS_WORDS_MAX && command->used + len <= sizeof command->bytes);
    char *place = command->bytes + command->used;
    memcpy(place, data, len);
    command->used += len;
    command->argv[command->argc] = place;
    command->lens[command->argc++] = len;
}

static void add_word(struct redis_command *command, const struct word *word) {
    add(command, word->data, word->len);
}

static void add_number(struct redis_command *command, long number) {
    char text[24];
    add(command, text, (size_t)snprintf(text, sizeof text, "%ld", number));
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
    add(command, text, (size_t)len);
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
    add(command, large, len);
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
        add(command, text, (size_t)snprintf(text, sizeof text, "%d", (int)choose(c, 60)));
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
        add(command, word, strlen(word));
    } else {
        add_number(command,
                   (long)(choose_once_in(c, 6) ? choose(c, 120) : choose_between(c, 1, 6)));
    }
}

/* ---- patterns ---- */

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

/* Letters that stand for many words. */
static bool add_group(struct redis_command *command, char letter, struct choices *c) {
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

static void add_one(struct redis_command *command, char letter, struct choices *c) {
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

static void add_literal(struct redis_command *command, const char *word, size_t len,
                        struct choices *c) {
    char text[32];
    bool lower = choose_once_in(c, 10);
    assert(len < sizeof text);
    for (size_t i = 0; i < len; i++)
        text[i] = lower ? (char)tolower((unsigned char)word[i]) : word[i];
    add(command, text, len);
}

static void expand(struct redis_command *command, const char *words, const char *options,
                   struct choices *c) {
    while (*words) {
        size_t len = strcspn(words, " ");
        if (len == 1 && *words == '?')
            add_option(command, options, c);
        else if (len > 1 || !isalpha((unsigned char)*words))
            add_literal(command, words, len, c);
        else if (!add_group(command, *words, c))
            add_one(command, *words, c);
        words += len + (words[len] == ' ');
    }
}

/* Of these one word more has a meaning that came to Redis after 7.0. */
static bool has_later_option(const struct redis_command *command) {
    return strncasecmp(command->argv[0], "zrank", 5) == 0 ||
           strncasecmp(command->argv[0], "zrevrank", 8) == 0;
}

/* A word too few, or one too many. */
static void spoil(struct redis_command *command, struct choices *c) {
    if ((choose_once_in(c, 2) || has_later_option(command)) && command->argc > 1)
        command->argc--;
    else if (command->argc < REDIS_WORDS_MAX)
        add(command, "extra", 5);
}

void redis_command_make(struct redis_command *command, struct choices *c) {
    const struct pattern *pattern;
    do pattern = PICK(patterns, c);
    while (strncmp(pattern->words, "NOSUCH", 6) != 0 &&
           !ferrite_command_find(pattern->words, strcspn(pattern->words, " ")));
    command->argc = 0;
    command->used = 0;
    command->match = pattern->match;
    expand(command, pattern->words, pattern->options, c);
    if (choose_once_in(c, 100)) spoil(command, c);
}
