/*
 * import_script.c - import of commands, one a line in the shell's quoting. See import.h.
 */
#include "import.h"
#include "split.h"

int import_script(struct import *import) {
    struct words words = {0};
    const char *line;
    size_t len;
    int more, result = 0;
    while (result == 0 && (more = import_line(import, &line, &len)) != 0) {
        enum split_result split = more > 0 ? words_split(&words, line, len) : SPLIT_OK;
        if (more < 0)
            result = -1;
        else if (split == SPLIT_NO_MEMORY)
            result = import_problem(import, "out of memory");
        else if (split == SPLIT_UNBALANCED)
            result = import_problem(import, "a quote is not closed, or something follows it");
        else
            result = import_command(import, words.argc, words.argv, words.lens);
    }
    words_free(&words);
    return result;
}
