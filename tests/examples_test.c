/*
 * examples_test.c - the programs in examples/ do what their comments say. (install_test.c builds the quickstart,
 * `make demo` proves itself.)
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"

static char folder[] = "/tmp/ferrite-examples-XXXXXX", out[8192];

static void setup(void) { cr_assert(mkdtemp(folder)); }
static void teardown(void) { shell_run(out, sizeof out, "rm -r %s", folder); }

TestSuite(examples, .init = setup, .fini = teardown);

static int todo(const char *words) {
    return shell_run(out, sizeof out, "TODO=%s/todo.ferrite build/examples/todo %s", folder, words);
}

static void expect_todo(int status, const char *output, const char *words) {
    cr_expect_eq(todo(words), status, "todo %s", words);
    cr_expect_str_eq(out, output, "todo %s: %s", words, out);
}

Test(examples, todo_keeps_its_lists) {
    expect_todo(0, "nothing to do\n", "");
    expect_todo(0, "", "add buy milk");
    expect_todo(0, "", "add call Ada");
    expect_todo(0, " 1  buy milk\n 2  call Ada\n", "");
    expect_todo(0, "done: buy milk\n", "done 1");
    expect_todo(1, "todo: there is no item 7\n", "done 7");
    expect_todo(0, " 1  call Ada\n", "");
    expect_todo(1, "usage: todo [add TEXT… | done NUMBER]\n", "add");
    shell_run(out, sizeof out, "build/ferrite %s/todo.ferrite LRANGE done 0 -1", folder);
    cr_expect_str_eq(out, "buy milk\n");
}

Test(examples, several_todos_wait_for_each_other) {
    shell_run(out, sizeof out,
              "export TODO=%s/todo.ferrite; for i in 1 2 3 4; do build/examples/todo add $i & done; wait;"
              " build/examples/todo | wc -l",
              folder);
    cr_expect_str_eq(out, "4\n");
}

Test(examples, the_cache_stays_within_its_bounds) {
    unsigned long keys = 0, evicted = 0, data = 0, file = 0, memory = 0;
    int status = shell_run(out, sizeof out, "build/examples/cache %s/cache.ferrite", folder);
    cr_assert_eq(status, 0, "%s", out);
    const char *kept = strchr(out, '\n');
    cr_assert(kept, "%s", out);
    cr_assert_eq(sscanf(kept, " %lu pages are kept, %lu were evicted %lu KB of data in a file of %lu KB, %lu",
                        &keys, &evicted, &data, &file, &memory),
                 5, "%s", out);
    cr_expect(keys > 300 && keys < 1100 && evicted > 1000, "%s", out);
    cr_expect(data <= 1024 && file <= 1024 + 256 + 1024 && memory <= 4096, "%s", out);
}
