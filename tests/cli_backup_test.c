/*
 * cli_backup_test.c - compact, backup and restore as a user runs them.
 */
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(cli_backup, .init = program_begin, .fini = program_end);

/* Holds the database open in another process, until fd 3 is closed. */
static const char hold[] = "mkfifo $D/in; $F $D/a.ferrite <$D/in >$D/out & p=$!; exec 3>$D/in; "
                           "printf 'SET k v\\n' >&3; for i in $(seq 100); do test -s $D/out && break; "
                           "sleep 0.02; done; ";

static void expect_part_while_held(int status, const char *part, const char *command) {
    char line[1000];
    snprintf(line, sizeof line, "%s %s; s=$?; exec 3>&-; wait $p; rm -f $D/in $D/out; exit $s", hold, command);
    program_expect_part(status, part, line);
}

Test(cli_backup, a_backup_is_a_database_of_its_own) {
    program_fill();
    program_expect_part(0, "b.ferrite: 3000 keys from ", "$F backup $D/a.ferrite $D/b.ferrite");
    program_expect(0, "a.ferrite\nb.ferrite\n", "ls $D");
    program_expect(0, "value-7-0123456789\n", "$F $D/b.ferrite GET key:7");
    program_expect_part(0, ": clean, 3000 keys in ", "$F check $D/b.ferrite");
    program_expect_part(0, "b.ferrite: 3000 keys from ", "$F backup $D/a.ferrite $D/b.ferrite");
}

Test(cli_backup, what_it_cannot_do_it_says) {
    program_fill();
    program_expect_part(1, "is open: it cannot be replaced", "$F backup $D/a.ferrite $D/a.ferrite");
    program_expect_part(1, "no such file", "$F backup $D/missing $D/b.ferrite");
    program_expect_part(1, "exists and is no Ferrite database",
                        "echo text >$D/text; $F backup $D/a.ferrite $D/text");
    program_expect_part(2, "usage: ferrite backup FILE TARGET", "$F backup $D/a.ferrite");
    program_expect_part(2, "--force is for restore", "$F --force backup $D/a.ferrite $D/b.ferrite");
    program_expect_part(1, ":memory: is no file", "cd $D && $F backup a.ferrite :memory:");
    program_expect_part(1, ":memory: is no file", "cd $D && $F recover a.ferrite :memory:");
    program_expect(0, "a.ferrite\ntext\n", "ls $D");
}

Test(cli_backup, of_a_file_in_use_is_refused_for_now) {
    program_fill();
    expect_part_while_held(1, "is in use by process",
                           "$F --busy-timeout 50 backup $D/a.ferrite $D/b.ferrite");
    expect_part_while_held(1, "is in use by process", "$F --busy-timeout 50 compact $D/a.ferrite");
    program_expect(0, "a.ferrite\n", "ls $D");
}

Test(cli_backup, a_restore_overwrites_only_when_told) {
    program_fill();
    program_expect_part(0, "", "$F backup $D/a.ferrite $D/b.backup");
    program_expect_part(1, "a.ferrite exists; --force replaces it", "$F restore $D/b.backup $D/a.ferrite");
    program_expect(0, "OK\n", "$F $D/a.ferrite SET key:7 changed");
    program_expect_part(0, "a.ferrite: 3000 keys from ", "$F restore --force $D/b.backup $D/a.ferrite");
    program_expect(0, "value-7-0123456789\n", "$F $D/a.ferrite GET key:7");
    program_expect_part(0, "c.ferrite: 3000 keys from ", "$F restore $D/b.backup $D/c.ferrite");
    program_expect(0, "a.ferrite\nb.backup\nc.ferrite\n", "ls $D");
}

Test(cli_backup, a_damaged_backup_is_not_restored) {
    program_fill();
    program_expect_part(0, "", "$F backup $D/a.ferrite $D/b.backup");
    program_expect(0, "",
                   "printf '\\377' | dd of=$D/b.backup bs=1 seek=$((4096 * 5 + 2000)) "
                   "conv=notrunc status=none");
    program_expect_part(1, "is damaged", "$F restore $D/b.backup $D/c.ferrite");
    program_expect_part(1, "is damaged", "$F restore --force $D/b.backup $D/a.ferrite");
    program_expect_part(1, "ferrite: ", "head -c 5000 /dev/urandom >$D/noise; $F restore $D/noise $D/c.ferrite");
    program_expect_part(1, "ferrite: ", "head -c 30000 $D/a.ferrite >$D/short; $F restore $D/short $D/c.ferrite");
    program_expect(0, "a.ferrite\nb.backup\nnoise\nshort\n", "ls $D");
    program_expect_part(0, ": clean, 3000 keys", "$F check $D/a.ferrite");
}

/* A file whose pages are half free, as a process that was killed leaves it. */
Test(cli_backup, compact_tells_what_it_gained) {
    program_fill();
    program_expect(0, "ok\n",
                   "seq 3000 | sed 's/.*/SET key:& value-&-0123456789/' >$D/s; "
                   "mkfifo $D/in; $F --sync none $D/k.ferrite <$D/in >$D/out & p=$!; exec 3>$D/in; "
                   "cat $D/s >&3; printf 'SAVE\\nFLUSHALL\\nSAVE\\n' >&3; "
                   "for i in $(seq 500); do test $(wc -l <$D/out) = 3003 && break; sleep 0.02; done; "
                   "kill -9 $p; exec 3>&-; wait $p 2>/dev/null; echo ok");
    program_expect_part(0, " left\n", "$F compact $D/k.ferrite");
    program_expect(0, "small\n", "test $(stat -c %s $D/k.ferrite) -lt 40000 && echo small");
    /* A close leaves it as short, but for the place of a free list. */
    program_expect(0, "short\n", "before=$(stat -c %s $D/a.ferrite); $F compact $D/a.ferrite >$D/out; "
                                 "test $((before - $(stat -c %s $D/a.ferrite))) -le 4096 && echo short");
    program_expect_part(0, "a.ferrite: 0 bytes reclaimed, ", "$F compact $D/a.ferrite");
    program_expect_part(1, "no such file", "$F compact $D/missing");
    program_expect_part(0, "compact FILE", "$F --help");
}
