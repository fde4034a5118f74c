/*
 * cli_tools_test.c - check, info, log and recover as a user runs them.
 */
#include "support/program.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(cli_tools, .init = program_begin, .fini = program_end);

/* A database whose last process was killed: its log is still there. */
static void leave_log(void) {
    program_expect_part(0, "",
                        "mkfifo $D/in; $F $D/a.ferrite <$D/in >$D/out & p=$!; "
                        "exec 3>$D/in; printf 'SET first 1\\nSET k \"v\\\\x00\"\\nSELECT 2\\nINCR n\\n' >&3; "
                        "for i in $(seq 100); do test $(wc -l <$D/out) = 4 && break; "
                        "sleep 0.02; done; kill -9 $p; exec 3>&-");
}

Test(cli_tools, check_finds_a_good_file_clean) {
    program_fill();
    program_expect_part(0, "/a.ferrite: clean, 3000 keys in ", "$F check $D/a.ferrite");
    program_expect(0, "a.ferrite\n", "ls $D");
}

Test(cli_tools, check_tells_the_damage_and_ends_with_1) {
    program_fill();
    program_expect(0, "",
                   "printf '\\377' | dd of=$D/a.ferrite bs=1 seek=$((4096 * 5 + 2000)) "
                   "conv=notrunc status=none");
    program_expect_part(1, "page 5", "$F check $D/a.ferrite");
}

Test(cli_tools, check_fails_without_a_file) {
    program_expect_part(1, "ferrite: ", "$F check $D/missing");
    program_expect(0, "", "ls $D");
    program_expect_part(1, "ferrite: ", "echo text >$D/text; $F check $D/text");
}

Test(cli_tools, info_tells_about_the_file) {
    program_fill();
    program_expect_part(0, "\ndb0:keys=3000,expires=0,avg_ttl=0\n", "$F info $D/a.ferrite");
    program_expect_part(0, "# Server\nferrite_version:", "$F info $D/a.ferrite");
    program_expect(0, "# Keyspace\ndb0:keys=3000,expires=0,avg_ttl=0\n",
                   "$F info $D/a.ferrite keyspace");
    program_expect_part(0, "sync_mode:", "$F info $D/a.ferrite Persistence stats | grep -v ^#");
    program_expect_part(1, "ferrite: ", "$F info $D/missing");
    program_expect_part(1, "ferrite: there is no such section", "$F info $D/a.ferrite nosuch");
}

Test(cli_tools, log_prints_the_effects_of_a_killed_process) {
    leave_log();
    program_expect_part(0, "[0] put \"k\" \"v\\x00\"\n", "$F log $D/a.ferrite");
    program_expect_part(0, "[2] put \"n\" \"1\"\n", "$F log $D/a.ferrite");
    program_expect_part(0, "\"database\":0,\"effect\":[\"put\",\"k\",\"v\\u0000\"]}\n",
                        "$F --json log $D/a.ferrite");
    program_expect(0, "1\n", "$F -n 2 $D/a.ferrite GET n");
}

Test(cli_tools, log_of_a_closed_file_is_empty) {
    program_fill();
    program_expect(0, "", "$F log $D/a.ferrite");
    program_expect_part(1, "ferrite: ", "$F log $D/missing");
}

Test(cli_tools, check_reads_the_log_of_a_killed_process) {
    leave_log();
    program_expect_part(0, ": clean, 3 keys in ", "$F check $D/a.ferrite");
}

Test(cli_tools, recover_saves_everything_from_a_good_file) {
    program_fill();
    program_expect_part(0, ".recovered: 3000 keys saved", "$F recover $D/a.ferrite");
    program_expect(0, "value-7-0123456789\n", "$F $D/a.ferrite.recovered GET key:7");
    program_expect_part(0, ": clean, 3000 keys", "$F check $D/a.ferrite.recovered");
}

Test(cli_tools, recover_saves_what_is_readable) {
    program_fill();
    program_expect(0, "",
                   "printf '\\377' | dd of=$D/a.ferrite bs=1 seek=$((4096 * 5 + 2000)) "
                   "conv=notrunc status=none");
    program_expect_part(0, "lost: 1 of ", "$F recover $D/a.ferrite $D/b.ferrite");
    program_expect_part(0, ": clean, ", "$F check $D/b.ferrite");
    program_expect(0, "many\n", "test $($F $D/b.ferrite DBSIZE) -gt 2000 && echo many");
}

Test(cli_tools, recover_takes_the_log_with_it) {
    leave_log();
    program_expect_part(0, "3 keys saved", "$F recover $D/a.ferrite $D/b.ferrite");
    program_expect(0, "1\n", "$F -n 2 $D/b.ferrite GET n");
}

Test(cli_tools, recover_overwrites_nothing) {
    program_fill();
    program_expect_part(1, "ferrite: ", "echo mine >$D/b; $F recover $D/a.ferrite $D/b");
    program_expect(0, "mine\n", "cat $D/b");
}

Test(cli_tools, recover_refuses_what_is_no_database) {
    static const char told[] = " is not a Ferrite database, nor what is left of one\n";
    program_expect_part(1, told, "echo text >$D/text; $F recover $D/text $D/b");
    program_expect_part(1, told, "seq 100000 >$D/text; $F recover $D/text");
    program_expect_part(1, told, "head -c 100000 /dev/urandom >$D/text; $F recover $D/text");
    program_expect_part(1, told, ">$D/text; $F recover $D/text");
    program_expect_part(1, "ferrite: ", "$F recover $D/missing");
    program_expect_part(1, "ferrite: ", "$F recover $D");
    program_expect(0, "text\n", "ls $D");
}

/* Neither meta page is left, not even its first bytes: the other pages tell what it was. */
Test(cli_tools, recover_knows_a_database_by_any_page) {
    program_fill();
    program_expect(0, "",
                   "dd if=/dev/urandom of=$D/a.ferrite bs=4096 count=2 conv=notrunc status=none");
    program_expect_part(0, ": 3000 keys saved", "$F recover $D/a.ferrite $D/b.ferrite");
}
