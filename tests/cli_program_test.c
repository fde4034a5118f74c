/*
 * cli_program_test.c - one-shot commands and options of the program: output, files, exit status.
 */
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

TestSuite(cli_program, .init = program_begin, .fini = program_end);

Test(cli_program, sets_and_gets_from_one_process_to_the_next) {
    program_expect(0, "OK\n", "$F $D/a.ferrite SET k 'a value'");
    program_expect(0, "a value\n", "$F $D/a.ferrite GET k");
    program_expect(0, "\"a value\"\n", "$F --no-raw $D/a.ferrite get k");
    program_expect(0, "\"a value\"\n", "$F --json $D/a.ferrite gEt k");
    program_expect(0, "a.ferrite\n", "ls $D");
}

Test(cli_program, prints_every_type_of_reply_bare) {
    program_expect(0, "\n", "$F $D/a.ferrite GET missing");
    program_expect(0, "1\n", "$F $D/a.ferrite INCR n");
    program_expect(0, "1\n\n1\n", "$F $D/a.ferrite MGET n missing n");
    program_expect(0, "\n", "$F $D/a.ferrite KEYS zz*");
    program_expect(0, "PONG\n", "$F :memory: PING");
    program_expect(1, "ERR value is not an integer or out of range\n\n",
                   "$F $D/a.ferrite INCRBY n x");
}

Test(cli_program, prints_every_type_of_reply_typed) {
    program_expect(0, "(nil)\n", "$F --no-raw $D/a.ferrite GET missing");
    program_expect(0, "(integer) 1\n", "$F --no-raw $D/a.ferrite INCR n");
    program_expect(0, "1) \"1\"\n2) (nil)\n", "$F --no-raw $D/a.ferrite MGET n missing");
    program_expect(0, "(empty array)\n", "$F --no-raw $D/a.ferrite KEYS zz*");
    program_expect(0, "PONG\n", "$F --no-raw :memory: PING");
    program_expect(1, "(error) ERR syntax error\n", "$F --no-raw :memory: SET a b c");
}

Test(cli_program, prints_every_type_of_reply_as_json) {
    program_expect(0, "null\n", "$F --json $D/a.ferrite GET missing");
    program_expect(0, "1\n", "$F --json $D/a.ferrite INCR n");
    program_expect(0, "[\"1\",null]\n", "$F --json $D/a.ferrite MGET n missing");
    program_expect(0, "[]\n", "$F --json $D/a.ferrite KEYS zz*");
    program_expect(0, "\"PONG\"\n", "$F --json :memory: PING");
    program_expect(1, "{\"error\":\"ERR syntax error\"}\n", "$F --json :memory: SET a b c");
}

Test(cli_program, passes_any_byte_from_standard_input_to_standard_output) {
    program_expect(0, "OK\n", "printf 'a\\000b\\377\\n' | $F -x $D/a.ferrite SET k");
    program_expect(0, "5\n", "$F $D/a.ferrite STRLEN k");
    program_expect(0, "\"a\\x00b\\xff\\n\"\n", "$F --no-raw $D/a.ferrite GET k");
    program_expect(0, "61 00 62 ff 0a 0a\n", "$F $D/a.ferrite GET k | od -An -tx1 | cut -c2-");
    program_expect(0, "\"a\\u0000b\\udcff\\n\"\n", "$F --json $D/a.ferrite GET k");
}

Test(cli_program, uses_the_logical_database_of_n) {
    program_expect(0, "OK\n", "$F -n 3 $D/a.ferrite SET k three");
    program_expect(0, "\n", "$F $D/a.ferrite GET k");
    program_expect(0, "three\n", "$F --db=3 $D/a.ferrite GET k");
    program_expect(1, "ferrite: -n 99: ERR DB index is out of range\n",
                   "$F -n 99 $D/a.ferrite GET k");
}

Test(cli_program, creates_a_missing_file_only_to_write) {
    program_expect(0, "\n", "$F $D/a.ferrite GET k");
    program_expect(0, "0\n", "$F $D/a.ferrite DBSIZE");
    program_expect(0, "\n", "echo GET k | $F $D/a.ferrite");
    program_expect_part(1, "ERR wrong number of arguments", "$F $D/a.ferrite SET k");
    program_expect(0, "", "ls $D");
    program_expect(0, "\nOK\nv\n", "printf 'GET k\\nSET k v\\nGET k\\n' | $F -n 2 $D/a.ferrite");
    program_expect(0, "v\n", "$F -n 2 $D/a.ferrite GET k");
    program_expect_part(1, "ferrite: ", "$F $D/none/a.ferrite GET k");
}

Test(cli_program, a_missing_file_can_be_set_up_and_saved) {
    program_expect(0, "OK\nOK\nmax-keys\n7\n",
                   "printf 'CONFIG SET max-keys 7\nSET k v\nCONFIG GET max-keys\n' | $F $D/a.ferrite");
    program_expect(0, "OK\nb.ferrite\n", "rm $D/a.ferrite; $F $D/b.ferrite SAVE; ls $D");
}

Test(cli_program, changes_nothing_with_readonly) {
    program_expect_part(1, "ferrite: ", "$F -r $D/a.ferrite GET k");
    program_expect(0, "OK\n", "$F $D/a.ferrite SET k v");
    program_expect(0, "v\n", "$F -r $D/a.ferrite GET k");
    program_expect_part(1, "READONLY", "$F --readonly $D/a.ferrite SET k w");
    program_expect(0, "v\na.ferrite\n", "$F $D/a.ferrite GET k; ls $D");
}

Test(cli_program, takes_every_sync_mode) {
    program_expect(0, "OK\nOK\nOK\nOK\nOK\nOK\nOK\n",
                   "for m in none periodic periodic:50 every-n every-n:10 normal full; do "
                   "$F --sync $m $D/a.ferrite SET k $m || exit; done");
    program_expect(0, "full\n", "$F $D/a.ferrite GET k");
    program_expect_part(0, "sync_mode:none", "FERRITE_SYNC_MODE=none $F $D/a.ferrite INFO");
    program_expect_part(0, "sync_mode:normal",
                        "FERRITE_SYNC_MODE=none $F --sync normal $D/a.ferrite INFO");
    program_expect_part(2, "ferrite: option 'sync' cannot be 'some': ", "$F --sync some $D/a.ferrite GET k");
    program_expect_part(2, "ferrite: option 'sync' cannot be 'none:5': ", "$F --sync none:5 $D/a.ferrite GET k");
    program_expect_part(2, "ferrite: option 'sync' cannot be 'periodic:x': ", "$F --sync periodic:x $D/a.ferrite GET k");
}

Test(cli_program, takes_the_librarys_options_by_name) {
    program_expect(0, "maxmemory\n268435456\n",
                   "$F --max-memory 256mb :memory: CONFIG GET maxmemory");
    program_expect(0, "maxmemory-policy\nallkeys-lru\n",
                   "$F --eviction=allkeys-lru :memory: CONFIG GET maxmemory-policy");
    program_expect(0, "compression\n9\nmax-keys\n5\n",
                   "$F --preset iot --max-keys 5 :memory: CONFIG GET compression max-keys");
    program_expect(0, "default-ttl\n7200000\n",
                   "$F --default-ttl 2h :memory: CONFIG GET default-ttl");
    program_expect(0, "dirty-limit\n1048576\nlog-size\n65536\n",
                   "$F -o log_size=64kb -o dirty-limit=1mb :memory: CONFIG GET log-size dirty-limit");
    program_expect(2, "ferrite: -o needs NAME=VALUE, not 'x'\n", "$F -o x :memory: PING");
    program_expect(2, "ferrite: there is no option 'x'\n", "$F -o x=1 :memory: PING");
    program_expect_part(2, "ferrite: option 'max-memory' cannot be 'much': ",
                        "$F --max-memory much :memory: PING");
    program_expect_part(2, "ferrite: option 'preset' cannot be 'huge': ",
                        "$F --preset huge :memory: PING");
}

Test(cli_program, what_is_said_counts_more_than_the_environment) {
    program_expect(0, "maxmemory\n1048576\n",
                   "FERRITE_MEMORY_LIMIT=1mb $F :memory: CONFIG GET maxmemory");
    program_expect(0, "maxmemory\n0\n",
                   "FERRITE_MEMORY_LIMIT=1mb $F --max-memory 0 :memory: CONFIG GET maxmemory");
    program_expect(0, "loglevel\nnone\n",
                   "FERRITE_LOG=debug $F -o loglevel=none :memory: CONFIG GET loglevel");
    program_expect_part(1, "FERRITE_MEMORY_LIMIT is 'much'",
                        "FERRITE_MEMORY_LIMIT=much $F :memory: PING");
    program_expect_part(1, "/missing: the environment's FERRITE_LOG is 'much'",
                        "FERRITE_LOG=much $F $D/missing GET k");
}

Test(cli_program, says_why_a_file_cannot_be_opened) {
    program_expect_part(1, "/no/a.ferrite: its folder is not there\n", "$F $D/no/a.ferrite SET k v");
    program_expect_part(1, "Is a directory\n", "$F $D SET k v");
    program_expect_part(1, "Is a directory\n", "$F check $D");
    program_expect_part(1, "text: page 0: this is not a Ferrite database\n",
                        "echo text >$D/text; $F $D/text SET k v");
}

/* Root may write what it likes. */
Test(cli_program, says_that_a_file_may_be_read_only) {
    program_expect(0, "OK\nv\n",
                   "$F $D/a.ferrite SET k v; chmod 755 $D; chmod 444 $D/a.ferrite; "
                   "as=; test $(id -u) = 0 && as='setpriv --reuid=65534 --clear-groups'; "
                   "cp $F $D/ferrite; $as $D/ferrite $D/a.ferrite GET k 2>$D/err; "
                   "grep -q 'it may be read, though: ferrite -r ' $D/err && "
                   "$as $D/ferrite -r $D/a.ferrite GET k");
}

Test(cli_program, takes_a_limit_of_file_sizes_for_a_full_disk) {
    program_expect_part(1, "ERR cannot enlarge ",
                        "ulimit -f 100; head -c 300000 /dev/zero | $F -x $D/a.ferrite SET k");
    program_expect_part(0, ": clean, 0 keys in", "$F check $D/a.ferrite");
}

Test(cli_program, tells_what_the_library_does_on_standard_error) {
    program_expect_part(0, "Z debug a.ferrite: checkpoint of transaction ",
                        "$F --log-level debug $D/a.ferrite SET k v");
    program_expect(0, "OK\n", "$F --log-level notice $D/a.ferrite SET k v");
}

Test(cli_program, ends_with_2_when_used_wrongly) {
    program_expect_part(2, "usage: ferrite", "$F");
    program_expect(2, "ferrite: unknown option '--nosuch'; see ferrite --help\n", "$F --nosuch x");
    program_expect(2, "ferrite: unknown option '--raw=1'; see ferrite --help\n", "$F --raw=1 x");
    program_expect(2, "ferrite: option '-n' needs a value\n", "$F $D/a.ferrite -n");
    program_expect(2, "ferrite: -n needs the number of a database, not 'x'\n", "$F -n x a GET k");
    program_expect(2, "ferrite: usage: ferrite check FILE\n", "$F check");
    program_expect(2, "ferrite: usage: ferrite recover FILE [OUT]\n", "$F recover a b c");
    program_expect(2, "ferrite: -x needs a command\n", "$F -x $D/a.ferrite");
}

Test(cli_program, tells_help_version_and_commands) {
    program_expect_part(0, "usage: ferrite [options] FILE", "$F --help");
    program_expect_part(0, "ferrite 0.", "$F --version");
    program_expect_part(0, "### GETRANGE\n\n`GETRANGE key start end`\n", "$F --commands-markdown");
}

Test(cli_program, takes_options_until_the_command_and_words_after_it) {
    program_expect(0, "\"--raw\"\n", "$F $D/a.ferrite --no-raw ECHO --raw");
    program_expect(0, "-1\n", "$F -- $D/a.ferrite ECHO -1");
    program_expect(0, "OK\nv\n", "cd $D && $F ./check SET k v && $F ./check GET k");
}

/* Something has been written there. */
#define WAIT_FOR(file) "for i in $(seq 1000); do test -s " file " && break; sleep 0.01; done; "

Test(cli_program, ends_with_1_when_its_output_cannot_be_written) {
    program_expect(1, "ferrite: cannot write to standard output: No space left on device\n",
                   "$F :memory: PING >/dev/full");
    program_expect(1, "ferrite: cannot write to standard output: No space left on device\n",
                   "yes PING | head -20000 | $F :memory: >/dev/full");
    program_expect(1, "",
                   "(yes 'ECHO 0123456789' | head -50000 | $F :memory: 2>$D/err; "
                   "echo $? >$D/status) | head -1 >/dev/null; "
                   WAIT_FOR("$D/status") "grep -q 'Broken pipe' $D/err; exit $(cat $D/status)");
}

/* The database must not be opened in place of a closed standard file. */
Test(cli_program, keeps_replies_out_of_the_file_when_standard_files_are_closed) {
    program_expect(1, "ferrite: cannot write to standard output: Bad file descriptor\n",
                   "$F $D/a.ferrite SET k v >&-");
    program_expect(1, "", "$F $D/a.ferrite GET k 0<&- 1>&- 2>&-");
    program_expect(0, "v\n", "$F $D/a.ferrite GET k <&-");
    program_expect_part(0, ": clean, 1 key in", "$F check $D/a.ferrite");
}

Test(cli_program, says_who_holds_the_file) {
    program_expect_part(1, "in use by process",
                        "mkfifo $D/in; $F $D/a.ferrite <$D/in >$D/out & exec 3>$D/in; echo SET k v >&3; "
                        WAIT_FOR("$D/out") "$F --busy-timeout 50 $D/a.ferrite GET k");
}

Test(cli_program, says_what_is_wrong_with_a_file_that_is_none) {
    program_expect_part(1, "ferrite: ", "echo nonsense >$D/a.ferrite; $F $D/a.ferrite GET k");
    program_expect_part(1, "ferrite: ", "$F $D GET k");
}

Test(cli_program, gives_long_values_back) {
    program_expect(0, "OK\n",
                   "head -c 3000000 /dev/urandom >$D/value; "
                   "$F -x $D/a.ferrite SET k <$D/value");
    program_expect(0, "", "$F $D/a.ferrite GET k | head -c 3000000 | cmp - $D/value");
}

/* docs/COMMANDS.md is made by the program; a changed table needs a new one. */
Test(cli_program, made_the_command_reference_that_is_in_docs) {
    struct stat st;
    if (stat("docs/COMMANDS.md", &st) < 0) cr_skip_test("no docs/COMMANDS.md here");
    program_expect(0, "", "$F --commands-markdown | diff - docs/COMMANDS.md");
}
