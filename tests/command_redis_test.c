/*
 * command_redis_test.c - random commands, the same to redis-server 7.0 and to the program: every
 * reply and every text of an error must be the same.
 *
 * FERRITE_REDIS_SEED and FERRITE_REDIS_LINES in the environment repeat a run or make a longer one.
 * Left out is what may differ: clocks, random choices, the order of KEYS, and WATCH.
 */
#include "support/program.h"
#include "support/redis.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

static size_t below(size_t count) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(state >> 33) % count;
}

/* ---- words: one letter in a command's pattern stands for one of a list ---- */

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *pick(const char *const *list) {
    size_t count = 0;
    while (list[count]) count++;
    return list[below(count)];
}

static const char *word(char kind) {
    switch (kind) {
    case 'k': /* key */
        return pick(LIST("a", "b", "c", "dd", "\"e\\xff\"", "\"\"", "\"two words\"", "*", "[x]",
                         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    case 'v': /* value */
        return pick(LIST("\"\"", "v", "hello", "10", "-3", "0", "1.5", "\"a\\x00b\\n\\r\\\"\\\\\"",
                         "9223372036854775807", "1e3", "007", "ohmytext", "mynewtext"));
    case 'n': /* integer, or nearly */
        return pick(LIST("0", "1", "-1", "2", "5", "-5", "10", "100", "-100", "9223372036854775807",
                         "-9223372036854775808", "9223372036854775808", "x", "\"\"", "1.5",
                         "\" 3\"", "007", "+1", "-0", "99999"));
    case 'f': /* float, or nearly */
        return pick(LIST("0", "1", "-1.5", "0.1", "3.0e2", "1e-5", "abc", "\"\"", "1e5000", "-inf",
                         "nan", "0x10", "1e15", "5.", ".5", "-0", "1e-20", "123456789.123456789"));
    case 'd': /* logical database */
        return pick(LIST("0", "1", "2", "15", "16", "-1", "x"));
    case 'o': /* offset */
        return pick(LIST("0", "1", "3", "100", "-1", "x", "536870912"));
    case 'e': /* time to live; long enough to outlive the test */
        return pick(LIST("100000", "200000", "0", "-5", "x", "9223372036854775807"));
    default: /* options, as many fit somewhere */
        return pick(LIST("NX", "XX", "GET", "KEEPTTL", "LEN", "IDX", "WITHMATCHLEN",
                         "MINMATCHLEN 2", "REPLACE", "DB 1", "DB", "EX 100000", "PX 0", "PERSIST",
                         "nosuch"));
    }
}

/* Small letters above stand for words; "?" for an option or nothing. */
static const char *const patterns[] = {
    "SET k v",
    "SET k v",
    "SET k v ?",
    "SET k v ? ?",
    "GET k",
    "GET k",
    "GETSET k v",
    "GETDEL k",
    "SETNX k v",
    "MSET k v k v",
    "MSET k",
    "MSETNX k v k v",
    "MGET k k k",
    "INCR k",
    "DECR k",
    "INCRBY k n",
    "DECRBY k n",
    "INCRBYFLOAT k f",
    "INCRBYFLOAT k f",
    "APPEND k v",
    "STRLEN k",
    "GETRANGE k n n",
    "SUBSTR k n n",
    "SETRANGE k o v",
    "LCS k k ?",
    "LCS k k ? ?",
    "DEL k k",
    "UNLINK k",
    "EXISTS k k k",
    "TYPE k",
    "TOUCH k k",
    "KEYS a",
    "RENAME k k",
    "RENAMENX k k",
    "COPY k k ?",
    "COPY k k ? ?",
    "MOVE k d",
    "DBSIZE",
    "SELECT d",
    "SWAPDB d d",
    "PING v",
    "ECHO v",
    "MULTI",
    "EXEC",
    "EXEC",
    "EXEC",
    "DISCARD",
    "UNWATCH",
    "NOSUCH k v",
    "GET",
    "SET k",
    "EXPIRE k e",
    "EXPIRE k e ?",
    "PERSIST k",
    "GETEX k ?",
    "SETEX k e v",
    "FLUSHDB nosuch",
    "HSET k v v",
    "HSET k v v v v",
    "HSET k v",
    "HMSET k v v",
    "HSETNX k v v",
    "HGET k v",
    "HMGET k v v v",
    "HDEL k v v",
    "HLEN k",
    "HEXISTS k v",
    "HSTRLEN k v",
    "HINCRBY k v n",
    "HINCRBYFLOAT k v f",
    "HRANDFIELD k 0",
    "SADD k v v v",
    "SREM k v v",
    "SISMEMBER k v",
    "SMISMEMBER k v v",
    "SCARD k",
    "SMOVE k k v",
    "SUNIONSTORE k k k",
    "SINTERSTORE k k k",
    "SDIFFSTORE k k k",
    "SINTERCARD n k k",
    "SINTERCARD 2 k k LIMIT n",
    "SPOP k 0",
};

static void write_line(FILE *file, const char *pattern) {
    for (; *pattern; pattern++) {
        bool alone = (pattern[1] == ' ' || !pattern[1]) && pattern[-1] == ' ';
        if (alone && *pattern == '?')
            fputs(below(3) ? word('?') : "", file);
        else if (alone)
            fputs(word(*pattern), file);
        else
            putc(*pattern, file);
    }
    putc('\n', file);
}

static void write_word(FILE *file, const char *pattern) {
    while (*pattern && *pattern != ' ') putc(*pattern++, file);
    if (*pattern)
        write_line(file, pattern); /* from the space on */
    else
        putc('\n', file);
}

static void write_lines(const char *path, size_t count) {
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    for (size_t i = 0; i < count; i++)
        write_word(file,
                   below(200) ? patterns[below(sizeof patterns / sizeof *patterns)] : "FLUSHALL");
    fclose(file);
}

static size_t setting(const char *name, size_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

Test(command_redis, random_commands_get_the_same_replies, .init = program_begin,
     .fini = program_end, .timeout = 600) {
    char path[128];
    size_t seed = setting("FERRITE_REDIS_SEED", 1);
    if (!redis_start(program_folder())) cr_skip_test("redis-server 7.0 is not installed");
    state = seed;
    snprintf(path, sizeof path, "%s/lines", program_folder());
    write_lines(path, setting("FERRITE_REDIS_LINES", 20000));
    const char *different = program_output(
        "cd $D && redis-cli -s socket --no-raw <lines >theirs; $F --no-raw :memory: <lines >ours; "
        "test $(wc -l <theirs) -gt 1000 || echo too few replies; "
        "cmp theirs ours || diff theirs ours | head -20");
    cr_expect_str_eq(different, "", "seed %zu: %s", seed, different);
    redis_stop(program_folder());
}
