/*
 * redis_random_test.c - random commands of every type, the same to redis-server 7.0 and to the
 * library: each reply must be the same, and now and then all that is there.
 *
 * `make redis N= SEED=` runs more of them.
 */
#include "harness/redis_pair.h"
#include "support/redis.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define COMMANDS 50000u /* in each of the two tests */

static void compare(uint64_t seed, const char *file) {
    char folder[] = "/tmp/ferrite-redis-XXXXXX", socket[96], path[96], command[96];
    cr_assert_not_null(mkdtemp(folder));
    bool installed = redis_start(folder);
    snprintf(socket, sizeof socket, "%s/socket", folder);
    snprintf(path, sizeof path, "%s/%s", folder, file ? file : "");
    struct redis_plan plan = {seed, COMMANDS, socket, file ? path : NULL};
    struct redis_result result = {0};
    if (installed) {
        result = redis_run(&plan);
        redis_stop(folder);
    }
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_expect_eq(system(command), 0);
    if (!installed) cr_skip_test("redis-server 7.0 is not installed");
    cr_expect_eq(result.differences, 0, "see the differences above");
    cr_expect_geq(result.commands, COMMANDS);
    cr_expect_gt(result.commands - result.errors, COMMANDS / 2, "most commands must do something");
    cr_expect_gt(result.compared, 100, "too little is compared as a whole");
    cr_expect(!file || result.reopened > 10, "the file was hardly ever reopened");
}

TestSuite(redis_random, .timeout = 600);

Test(redis_random, commands_in_memory_get_the_same_replies) { compare(1, NULL); }

Test(redis_random, commands_in_a_file_get_the_same_replies) { compare(2, "a.ferrite"); }
