/*
 * cli_shell_test.c - the shell on a terminal: prompt, editing, history, completion, hints, help.
 */
#include "support/program.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 10000

static pid_t child;
static int terminal;
static char screen[1 << 16]; /* all that was written since the last type() */
static size_t screen_len;

static void shell_start(void) {
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    child = forkpty(&terminal, NULL, NULL, &size);
    cr_assert_geq(child, 0);
    if (child > 0) return;
    char history[128];
    snprintf(history, sizeof history, "%s/history", program_folder());
    setenv("FERRITE_HISTFILE", history, 1);
    setenv("TERM", "xterm", 1);
    setenv("EDITRC", "/dev/null", 1);
    if (chdir(program_folder()) == 0) execl(program_path(), "ferrite", "a.ferrite", (char *)NULL);
    _exit(127);
}

static void type(const char *keys) {
    screen_len = 0;
    screen[0] = 0;
    cr_assert_eq(write(terminal, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* Waits until the text has been written to the terminal. */
static void see(const char *text) {
    while (!strstr(screen, text)) {
        struct pollfd ready = {terminal, POLLIN, 0};
        ssize_t got = poll(&ready, 1, PATIENCE_MS) > 0
                          ? read(terminal, screen + screen_len, sizeof screen - 1 - screen_len)
                          : 0;
        cr_assert(got > 0, "never saw <%s> but <%s>", text, screen);
        screen_len += (size_t)got;
        screen[screen_len] = 0;
    }
}

/* As see("(interrupted"), of more than fits the screen. */
static void see_interrupted(void) {
    size_t kept = 100;
    while (!strstr(screen, "(interrupted")) {
        struct pollfd ready = {terminal, POLLIN, 0};
        if (screen_len > kept) {
            memmove(screen, screen + screen_len - kept, kept + 1);
            screen_len = kept;
        }
        cr_assert(poll(&ready, 1, PATIENCE_MS) > 0, "the reply was never interrupted");
        ssize_t got = read(terminal, screen + screen_len, sizeof screen - 1 - screen_len);
        cr_assert(got > 0, "the shell ended: <%s>", screen);
        screen_len += (size_t)got;
        screen[screen_len] = 0;
    }
}

static void expect_end(int expected) {
    int status = 0;
    char rest[256];
    while (read(terminal, rest, sizeof rest) > 0) continue;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status));
    cr_expect_eq(WEXITSTATUS(status), expected);
    close(terminal);
}

static void type_line(const char *line, const char *seen) {
    type(line);
    type("\r");
    see(seen);
    see("a.ferrite");
}

TestSuite(cli_shell, .init = program_begin, .fini = program_end, .timeout = 60);

Test(cli_shell, shows_a_prompt_and_typed_replies) {
    shell_start();
    see("a.ferrite> ");
    type_line("SET k \"a b\"", "OK\r\n");
    type_line("get k", "\"a b\"\r\n");
    type_line("get missing", "(nil)\r\n");
    type_line("get 'open", "Invalid argument(s)\r\n");
    type_line("nosuch", "(error) ERR unknown command 'nosuch'");
    type("quit\r");
    expect_end(0);
    program_expect(0, "a b\n", "$F $D/a.ferrite GET k");
}

Test(cli_shell, shows_database_and_transaction_in_the_prompt) {
    shell_start();
    see("a.ferrite> ");
    type_line("select 3", "a.ferrite[3]> ");
    type_line("multi", "a.ferrite[3](TX)> ");
    type_line("incr n", "QUEUED");
    type_line("exec", "1) (integer) 1\r\n");
    see("a.ferrite[3]> ");
    type("\004"); /* Ctrl-D */
    expect_end(0);
}

Test(cli_shell, cancels_the_line_at_ctrl_c_and_goes_on) {
    shell_start();
    see("a.ferrite> ");
    type("SET k v");
    see("v");
    type("\003");
    see("\n");
    see("a.ferrite> ");
    type_line("exists k", "(integer) 0\r\n");
    type("exit\r");
    expect_end(0);
}

Test(cli_shell, completes_commands_options_and_keys) {
    shell_start();
    see("a.ferrite> ");
    type_line("SET user:17 seventeen", "OK\r\n");
    type("get us\t\r");
    see("\"seventeen\"\r\n");
    type("getr\tuser:17 0 3\r");
    see("\"seve\"\r\n");
    type("scan 0 co\t1000 ma\tus*\r");
    see("2) 1) \"user:17\"\r\n");
    type("ge\t\t");
    see("getrange");
    see("getset");
    type("\003");
    type("quit\r");
    expect_end(0);
}

Test(cli_shell, hints_at_the_arguments_that_may_follow) {
    shell_start();
    see("a.ferrite> ");
    type("getrange ");
    see("key start end");
    type("\003");
    type("\003");
    type("quit\r");
    expect_end(0);
}

Test(cli_shell, remembers_lines_from_one_shell_to_the_next) {
    shell_start();
    see("a.ferrite> ");
    type_line("SET k remembered", "OK\r\n");
    type_line(" SET secret x", "OK\r\n");
    type("quit\r");
    expect_end(0);
    program_expect(0, "SET k remembered\nquit\n600\n", "cat $D/history; stat -c %a $D/history");
    shell_start();
    see("a.ferrite> ");
    type("\033[A\033[A\r"); /* up, up */
    see("OK\r\n");
    type("quit\r");
    expect_end(0);
}

Test(cli_shell, helps) {
    shell_start();
    see("a.ferrite> ");
    type_line("help", "@string");
    type_line("help getrange", "GETRANGE key start end");
    type_line("help @range", "PREFIX");
    type_line("help nosuch", "There is no command nosuch");
    type_line("help @nosuch", "There is no group @nosuch");
    type("quit\r");
    expect_end(0);
}

Test(cli_shell, ends_a_long_reply_at_ctrl_c_and_goes_on) {
    program_expect_part(0, "", "seq 200000 | sed 's/^/RPUSH l /' | $F --sync none $D/a.ferrite | tail -1");
    shell_start();
    see("a.ferrite> ");
    type_line("multi", "OK\r\n");
    type_line("incr n", "QUEUED\r\n");
    type_line("lrange l 0 -1", "QUEUED\r\n");
    type("exec\r");
    see("1) (integer) 1\r\n");
    type("\003");
    see_interrupted();
    see("a.ferrite> ");
    type_line("get n", "\"1\"\r\n");
    type("quit\r");
    expect_end(0);
}
