/*
 * command_sort_test.c - SORT and SORT_RO: each line's reply, as redis-server 7.0 gives it; and
 * sorting through ferrite.h.
 */
#include "support/api.h"
#include "support/command_cases.h"

#include <criterion/criterion.h>
#include <string.h>

#define SYNTAX         "(error) ERR syntax error"
#define NOT_AN_INTEGER "(error) ERR value is not an integer or out of range"
#define WRONG_TYPE \
    "(error) WRONGTYPE Operation against a key holding the wrong kind of value"

static const struct command_case cases[] = {
    {"RPUSH l 3 1 2 10 -5", "(integer) 5"},
    {"SORT l", "1) \"-5\"\n2) \"1\"\n3) \"2\"\n4) \"3\"\n5) \"10\""},
    {"SORT l DESC", "1) \"10\"\n2) \"3\"\n3) \"2\"\n4) \"1\"\n5) \"-5\""},
    {"SORT l ALPHA", "1) \"-5\"\n2) \"1\"\n3) \"10\"\n4) \"2\"\n5) \"3\""},
    {"SORT l LIMIT 1 2", "1) \"1\"\n2) \"2\""},
    {"SORT l LIMIT 1 2 DESC", "1) \"3\"\n2) \"2\""},
    {"SORT l LIMIT -1 2", "1) \"-5\"\n2) \"1\""},
    {"SORT l LIMIT 1 -1", "1) \"1\"\n2) \"2\"\n3) \"3\"\n4) \"10\""},
    {"SORT l LIMIT 10 2", "(empty array)"},
    {"SORT l LIMIT 1 0", "(empty array)"},
    {"SORT l LIMIT a 2", NOT_AN_INTEGER},
    {"SORT l LIMIT 1", SYNTAX},
    {"SORT l BY", SYNTAX},
    {"SORT l GET", SYNTAX},
    {"SORT l foo", SYNTAX},
    {"SORT l BY nosort", "1) \"3\"\n2) \"1\"\n3) \"2\"\n4) \"10\"\n5) \"-5\""},
    {"SORT l BY nosort DESC LIMIT 1 2", "1) \"10\"\n2) \"2\""},
    {"SORT l BY nosort LIMIT 1 2", "1) \"1\"\n2) \"2\""},
    {"MSET w3 1 w1 9 w2 5 w10 2 o3 three o1 one", "OK"},
    {"SORT l BY w*", "1) \"-5\"\n2) \"3\"\n3) \"10\"\n4) \"2\"\n5) \"1\""},
    {"SORT l BY w* DESC GET # GET o*",
     " 1) \"1\"\n 2) \"one\"\n 3) \"2\"\n 4) (nil)\n 5) \"10\"\n 6) (nil)\n 7) \"3\"\n 8) \"three\"\n 9) \"-5\"\n10) (nil)"},
    {"SORT l BY w* GET nostar", "1) (nil)\n2) (nil)\n3) (nil)\n4) (nil)\n5) (nil)"},
    {"SORT l BY no*", "1) \"-5\"\n2) \"1\"\n3) \"10\"\n4) \"2\"\n5) \"3\""},
    {"SORT l BY o* ALPHA", "1) \"2\"\n2) \"10\"\n3) \"-5\"\n4) \"1\"\n5) \"3\""},
    {"SORT l BY o* ALPHA DESC", "1) \"3\"\n2) \"1\"\n3) \"2\"\n4) \"10\"\n5) \"-5\""},
    {"SORT l BY o*", "(error) ERR One or more scores can't be converted into double"},
    {"HSET h1 f 3 g x", "(integer) 2"},
    {"HSET h2 f 1", "(integer) 1"},
    {"HSET h3 f 2", "(integer) 1"},
    {"SORT l BY h*->f", "1) \"-5\"\n2) \"10\"\n3) \"2\"\n4) \"3\"\n5) \"1\""},
    {"SORT l BY h*->f GET h*->g GET h*->",
     " 1) (nil)\n 2) (nil)\n 3) (nil)\n 4) (nil)\n 5) (nil)\n 6) (nil)\n 7) (nil)\n 8) (nil)\n 9) \"x\"\n10) (nil)"},
    {"SORT l BY w*->f", "1) \"-5\"\n2) \"1\"\n3) \"10\"\n4) \"2\"\n5) \"3\""},
    {"SORT l GET h*", "1) (nil)\n2) (nil)\n3) (nil)\n4) (nil)\n5) (nil)"},
    {"SORT l BY # DESC", "1) \"-5\"\n2) \"10\"\n3) \"2\"\n4) \"1\"\n5) \"3\""},
    {"SORT l STORE out", "(integer) 5"},
    {"LRANGE out 0 -1", "1) \"-5\"\n2) \"1\"\n3) \"2\"\n4) \"3\"\n5) \"10\""},
    {"TYPE out", "list"},
    {"SORT l GET o* STORE out", "(integer) 5"},
    {"LRANGE out 0 -1", "1) \"\"\n2) \"one\"\n3) \"\"\n4) \"three\"\n5) \"\""},
    {"SORT l LIMIT 10 1 STORE out", "(integer) 0"},
    {"EXISTS out", "(integer) 0"},
    {"SORT l STORE", SYNTAX},
    {"SORT_RO l DESC", "1) \"10\"\n2) \"3\"\n3) \"2\"\n4) \"1\"\n5) \"-5\""},
    {"SORT_RO l STORE out", SYNTAX},
    {"RPUSH words b a \"\" c B", "(integer) 5"},
    {"SORT words", "(error) ERR One or more scores can't be converted into double"},
    {"SORT words ALPHA", "1) \"\"\n2) \"B\"\n3) \"a\"\n4) \"b\"\n5) \"c\""},
    {"SORT words ALPHA DESC", "1) \"c\"\n2) \"b\"\n3) \"a\"\n4) \"B\"\n5) \"\""},
    {"SORT words ALPHA LIMIT 1 2", "1) \"B\"\n2) \"a\""},
    {"SORT words STORE keep", "(error) ERR One or more scores can't be converted into double"},
    {"EXISTS keep", "(integer) 0"},
    {"RPUSH blank \"\" \" 1\" 0.5", "(integer) 3"},
    {"SORT blank", "1) \"\"\n2) \"0.5\"\n3) \" 1\""},
    {"RPUSH nan nan 1", "(integer) 2"},
    {"SORT nan", "(error) ERR One or more scores can't be converted into double"},
    {"RPUSH inf inf -inf 1e10 0x10", "(integer) 4"},
    {"SORT inf", "1) \"-inf\"\n2) \"0x10\"\n3) \"1e10\"\n4) \"inf\""},
    {"SADD s 3 1 2", "(integer) 3"},
    {"SORT s", "1) \"1\"\n2) \"2\"\n3) \"3\""},
    {"SORT s DESC", "1) \"3\"\n2) \"2\"\n3) \"1\""},
    {"SORT s BY nosort STORE out", "(integer) 3"},
    {"LRANGE out 0 -1", "1) \"1\"\n2) \"2\"\n3) \"3\""},
    {"SORT s BY nosort DESC STORE out", "(integer) 3"},
    {"LRANGE out 0 -1", "1) \"3\"\n2) \"2\"\n3) \"1\""},
    {"ZADD z 3 1 2 2 1 3", "(integer) 3"},
    {"SORT z", "1) \"1\"\n2) \"2\"\n3) \"3\""},
    {"SORT z DESC", "1) \"3\"\n2) \"2\"\n3) \"1\""},
    {"SORT z BY nosort", "1) \"3\"\n2) \"2\"\n3) \"1\""},
    {"SORT z BY nosort DESC", "1) \"1\"\n2) \"2\"\n3) \"3\""},
    {"SORT z BY nosort LIMIT 1 1", "1) \"2\""},
    {"SORT z BY nosort DESC LIMIT 0 2", "1) \"1\"\n2) \"2\""},
    {"SORT z BY w* GET #", "1) \"3\"\n2) \"2\"\n3) \"1\""},
    {"SORT no", "(empty array)"},
    {"SORT no STORE out", "(integer) 0"},
    {"EXISTS out", "(integer) 0"},
    {"SORT no GET # GET o*", "(empty array)"},
    {"SORT w1", WRONG_TYPE},
    {"SORT h1 ALPHA", WRONG_TYPE},
    {"SORT_RO w1", WRONG_TYPE},
    {"SORT w1 foo", SYNTAX},
    {"RPUSH dup 2 1 2 1", "(integer) 4"},
    {"SORT dup", "1) \"1\"\n2) \"1\"\n3) \"2\"\n4) \"2\""},
    {"SORT dup BY nokey* ALPHA", "1) \"2\"\n2) \"1\"\n3) \"2\"\n4) \"1\""},
    {"SORT dup BY nokey* ALPHA DESC", "1) \"2\"\n2) \"1\"\n3) \"2\"\n4) \"1\""},
    {"SORT dup BY nokey* DESC", "1) \"2\"\n2) \"2\"\n3) \"1\"\n4) \"1\""},
    {"RPUSH store 5 4", "(integer) 2"},
    {"SORT store STORE store", "(integer) 2"},
    {"LRANGE store 0 -1", "1) \"4\"\n2) \"5\""},
    {"SORT", "(error) ERR wrong number of arguments for 'sort' command"},
    {"SORT_RO", "(error) ERR wrong number of arguments for 'sort_ro' command"},
};

const struct command_script sort_script = {"sort", cases, sizeof cases / sizeof *cases, true};

Test(command_sort, replies_are_those_of_redis) { command_script_run(&sort_script); }

/* Redis answers this error to all later commands too, until something else fails. */
static const struct command_case overflow_cases[] = {
    {"RPUSH big 1e400 1", "(integer) 2"},
    {"SORT big", "(error) ERR One or more scores can't be converted into double"},
    {"RPUSH fine 2 1", "(integer) 2"},
    {"SORT fine", "1) \"1\"\n2) \"2\""},
    {"RPUSH tiny 1 1e-400", "(integer) 2"},
    {"SORT tiny", "1) \"1e-400\"\n2) \"1\""},
    {"RPUSH behind \"3\\x00\" 1", "(integer) 2"},
    {"SORT behind", "(error) ERR One or more scores can't be converted into double"},
};

static const struct command_script overflow_script = {
    "overflow", overflow_cases, sizeof overflow_cases / sizeof *overflow_cases, false};

Test(command_sort, overflow_is_no_number) { command_script_run(&overflow_script); }

Test(command_sort, a_program_sorts_by_patterns) {
    const ferrite_slice get[] = {{"#", 1}, {"name_*", 6}, {"user_*->age", 11}};
    ferrite_sort_options options = FERRITE_SORT_OPTIONS_INIT;
    ferrite_error *err = NULL;
    ferrite_db *db = api_memory();
    size_t count = 0;
    uint64_t stored = 0;
    for (int i = 1; i <= 3; i++) {
        char element[2] = {(char)('0' + i), 0}, user[] = "user_0";
        user[5] = element[0];
        cr_assert_eq(ferrite_rpush(db, S("ids"), element, 1, NULL), i);
        cr_assert_eq(ferrite_hset(db, user, 6, S("age"), i == 2 ? "9" : "30", i == 2 ? 1 : 2, NULL),
                     1);
    }
    api_set(db, "name_2", "Ann");
    options.by = (ferrite_slice){"user_*->age", 11};
    options.get = get;
    options.get_count = 3;
    options.limit = 2;
    ferrite_slice *items = ferrite_sort(db, S("ids"), &options, &count, &err);
    cr_assert(items != NULL && count == 6);
    cr_expect(items[0].data[0] == '2' && strcmp(items[1].data, "Ann") == 0);
    cr_expect_str_eq(items[2].data, "9");
    cr_expect(items[3].data[0] == '1' && items[4].data == NULL);
    ferrite_free(items);
    cr_assert_eq(ferrite_sort_store(db, S("ids"), &options, S("out"), &stored, &err), 0);
    cr_expect_eq(stored, 6);
    cr_expect_eq(ferrite_llen(db, S("out"), NULL), 6);
    options.flags = 4;
    cr_expect_null(ferrite_sort(db, S("ids"), &options, &count, &err));
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(db);
}
