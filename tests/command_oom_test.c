/*
 * command_oom_test.c - commands at the bound of memory, noeviction: the ones that Redis marks `denyoom` are
 * refused with its text, all others work; replies as redis-server 7.0 gives them.
 */
#include "support/command_cases.h"

#include <criterion/criterion.h>
#include <string.h>
#include <strings.h>

#define OOM "(error) OOM command not allowed when used memory > 'maxmemory'."

static const struct command_case oom_cases[] = {
    {"MSET s value n 10 big 0123456789", "OK"},
    {"HSET h f v n 1", "(integer) 2"},
    {"RPUSH l a b c", "(integer) 3"},
    {"RPUSH l2 a b c d", "(integer) 4"},
    {"SADD one 1", "(integer) 1"},
    {"ZADD z2 0 a 0 b 0 c 0 d 0 e", "(integer) 5"},
    {"SADD st 1 2 3", "(integer) 3"},
    {"SADD other 2 3 4", "(integer) 3"},
    {"ZADD z 1 a 2 b 3 c", "(integer) 3"},
    {"CONFIG SET maxmemory 1", "OK"},
    /* strings */
    {"SET new v", OOM},
    {"SETNX new v", OOM},
    {"SETEX new 100 v", OOM},
    {"PSETEX new 100000 v", OOM},
    {"GETSET new v", OOM},
    {"MSET new v new2 v", OOM},
    {"MSETNX new v new2 v", OOM},
    {"APPEND s more", OOM},
    {"SETRANGE s 10 more", OOM},
    {"INCR new", OOM},
    {"INCRBY new 5", OOM},
    {"INCRBYFLOAT new 1.5", OOM},
    {"DECR new", OOM},
    {"DECRBY new 5", OOM},
    /* keys */
    {"COPY s new", OOM},
    /* hashes */
    {"HSET h f2 v", OOM},
    {"HSETNX h f2 v", OOM},
    {"HMSET h f2 v", OOM},
    {"HINCRBY h f2 1", OOM},
    {"HINCRBYFLOAT h f2 1.5", OOM},
    /* lists */
    {"LPUSH l d", OOM},
    {"RPUSH l d", OOM},
    {"LPUSHX l d", OOM},
    {"RPUSHX l d", OOM},
    {"LINSERT l BEFORE a x", OOM},
    {"LSET l 0 longer", OOM},
    {"LMOVE l new LEFT LEFT", OOM},
    {"RPOPLPUSH l new", OOM},
    /* sets */
    {"SADD st 9", OOM},
    {"SUNIONSTORE new st other", OOM},
    {"SINTERSTORE new st other", OOM},
    {"SDIFFSTORE new st other", OOM},
    /* sorted sets */
    {"ZADD z 4 d", OOM},
    {"ZINCRBY z 1 d", OOM},
    {"ZUNIONSTORE new 1 z", OOM},
    {"ZINTERSTORE new 1 z", OOM},
    {"ZDIFFSTORE new 1 z", OOM},
    {"ZRANGESTORE new z 0 -1", OOM},
    {"SORT st STORE new", OOM},
    {"SET new", "(error) ERR wrong number of arguments for 'set' command"},
    {"EXISTS new new2", "(integer) 0"},
    /* what does not add works */
    {"GET s", "\"value\""},
    {"STRLEN big", "(integer) 10"},
    {"LRANGE l 0 -1", "1) \"a\"\n2) \"b\"\n3) \"c\""},
    {"EXPIRE s 1000", "(integer) 1"},
    {"PEXPIRE s 1000000", "(integer) 1"},
    {"EXPIREAT s 9999999999", "(integer) 1"},
    {"PEXPIREAT s 9999999999999", "(integer) 1"},
    {"GETEX s EX 1000", "\"value\""},
    {"PERSIST s", "(integer) 1"},
    {"RENAMENX s big", "(integer) 0"},
    {"RENAME s t", "OK"},
    {"MOVE t 1", "(integer) 1"},
    {"GETDEL big", "\"0123456789\""},
    {"HDEL h f", "(integer) 1"},
    {"LPOP l", "\"a\""},
    {"LREM l 0 b", "(integer) 1"},
    {"LTRIM l 1 0", "OK"},
    {"EXISTS l", "(integer) 0"},
    {"RPOP l2", "\"d\""},
    {"LMPOP 1 l2 LEFT COUNT 2", "1) \"l2\"\n2) 1) \"a\"\n   2) \"b\""},
    {"SPOP one", "\"1\""},
    {"SREM st 1", "(integer) 1"},
    {"SMOVE st other 2", "(integer) 1"},
    {"ZREM z a", "(integer) 1"},
    {"ZPOPMIN z", "1) \"b\"\n2) \"2\""},
    {"ZREMRANGEBYRANK z 0 -1", "(integer) 1"},
    {"ZPOPMAX z2", "1) \"e\"\n2) \"0\""},
    {"ZMPOP 1 z2 MIN", "1) \"z2\"\n2) 1) 1) \"a\"\n      2) \"0\""},
    {"ZREMRANGEBYLEX z2 [b [b", "(integer) 1"},
    {"ZREMRANGEBYSCORE z2 -inf inf", "(integer) 2"},
    {"DEL n", "(integer) 1"},
    {"UNLINK h", "(integer) 1"},
    {"SWAPDB 0 1", "OK"},
    {"GET t", "\"value\""},
    {"FLUSHDB", "OK"},
    {"FLUSHALL", "OK"},
    {"SET new v", OOM},
    {"CONFIG SET maxmemory 0", "OK"},
    {"SET new v", "OK"},
};

const struct command_script oom_script = {"out of memory", oom_cases,
                                          sizeof oom_cases / sizeof *oom_cases, true};

Test(command_oom, replies_are_as_from_redis_server) { command_script_run(&oom_script); }

/* Where Redis would answer OOM: what is wrong in itself is told, what reads and frees is done, in EXEC too. */
static const struct command_case kinder_cases[] = {
    {"SET s value", "OK"},
    {"RPUSH l 3 1 2", "(integer) 3"},
    {"CONFIG SET maxmemory 1", "OK"},
    {"SORT l", "1) \"1\"\n2) \"2\"\n3) \"3\""},
    {"SORT_RO l DESC", "1) \"3\"\n2) \"2\"\n3) \"1\""},
    {"SORT s", "(error) WRONGTYPE Operation against a key holding the wrong kind of value"},
    {"SORT l STORE d", OOM},
    {"SET s v NOPE", "(error) ERR syntax error"},
    {"SETEX s 0 v", "(error) ERR invalid expire time in 'setex' command"},
    {"INCRBY n ten", "(error) ERR value is not an integer or out of range"},
    {"COPY s s", "(error) ERR source and destination objects are the same"},
    {"ZADD z x m", "(error) ERR value is not a valid float"},
    {"MULTI", "OK"},
    {"SET new v", "QUEUED"},
    {"GET s", "QUEUED"},
    {"DEL l", "QUEUED"},
    {"EXEC", "1) " OOM "\n2) \"value\"\n3) (integer) 1"},
    {"EXISTS s l new", "(integer) 1"},
};

static const struct command_script kinder_script = {"kinder than Redis at the bound", kinder_cases,
                                                    sizeof kinder_cases / sizeof *kinder_cases, false};

Test(command_oom, what_is_wrong_is_told_and_what_reads_or_frees_is_done) {
    command_script_run(&kinder_script);
}

/* Expiries of fields came after 7.0; like those of keys they are not refused, and at a past moment they free. */
static const struct command_case field_cases[] = {
    {"HSET h a 1 b 2 c 3 d 4", "(integer) 4"},
    {"CONFIG SET maxmemory 1", "OK"},
    {"HEXPIRE h 1000 FIELDS 1 a", "1) (integer) 1"},
    {"HPEXPIRE h 1000000 FIELDS 1 a", "1) (integer) 1"},
    {"HPERSIST h FIELDS 1 a", "1) (integer) 1"},
    {"HEXPIREAT h 1 FIELDS 2 a b", "1) (integer) 2\n2) (integer) 2"},
    {"HPEXPIREAT h 1 FIELDS 2 c d", "1) (integer) 2\n2) (integer) 2"},
    {"EXISTS h", "(integer) 0"},
};

static const struct command_script field_script = {"expiries of fields at the bound", field_cases,
                                                   sizeof field_cases / sizeof *field_cases, false};

Test(command_oom, expiries_of_fields_are_not_refused) { command_script_run(&field_script); }

static bool is_tried(const char *name, const struct command_script *script) {
    const size_t len = strlen(name);
    bool full = false;
    for (size_t i = 0; i < script->count; i++) {
        const char *line = script->cases[i].line;
        if (full && strncasecmp(line, name, len) == 0 && (line[len] == ' ' || line[len] == '\0'))
            return true;
        full |= strcmp(line, "CONFIG SET maxmemory 1") == 0;
    }
    return false;
}

Test(command_oom, every_command_that_writes_is_tried_at_the_bound) {
    const ferrite_command_info *info;
    for (size_t i = 0; (info = ferrite_command_at(i)) != NULL; i++) {
        if ((info->flags & FERRITE_COMMAND_WRITE) == 0) continue;
        cr_expect(is_tried(info->name, &oom_script) || is_tried(info->name, &field_script), "%s",
                  info->name);
    }
}
