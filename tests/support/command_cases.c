/*
 * command_cases.c - scripts of commands with their replies. See command_cases.h.
 */
#include "command_cases.h"

#include "../../cli/print.h"
#include "../../cli/split.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

char *command_typed(ferrite_session *session, const char *line) {
    struct words words = {0};
    char *text = NULL;
    size_t size = 0;
    cr_assert_eq(words_split(&words, line, strlen(line)), SPLIT_OK, "cannot split: %s", line);
    ferrite_error *err = NULL;
    ferrite_reply *reply =
        ferrite_session_command(session, words.argc, words.argv, words.lens, &err);
    cr_assert_not_null(reply, "%s: %s", line, err ? ferrite_error_message(err) : "no reply");
    FILE *out = open_memstream(&text, &size);
    print_reply(out, PRINT_TYPED, reply, false);
    fclose(out);
    if (size && text[size - 1] == '\n') text[size - 1] = 0;
    ferrite_free(reply);
    words_free(&words);
    return text;
}

void command_script_run(const struct command_script *script) {
    ferrite_db *db = ferrite_open_memory(NULL);
    ferrite_session *session = ferrite_session_open(db, NULL);
    cr_assert_not_null(session);
    for (size_t i = 0; i < script->count; i++) {
        char *reply = command_typed(session, script->cases[i].line);
        cr_expect_str_eq(reply, script->cases[i].reply, "%s, line %zu: %s\ngave\n%s\nnot\n%s",
                         script->name, i + 1, script->cases[i].line, reply, script->cases[i].reply);
        free(reply);
    }
    ferrite_session_close(session);
    ferrite_close(db);
}
