/*
 * import_resp.c - import of the protocol in which clients send commands to Redis, which is also that
 * of its append-only files. See import.h.
 */
#include "import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX (1024 * 1024)
#define WORD_MAX  ((long)512 << 20)

/* "*3" or "$12" with its line end; *more is 0 at the end of the input. */
static int read_header(struct import *import, char kind, long max, long *number, int *more) {
    const char *line;
    size_t len;
    char text[24], *end;
    uint64_t place = import->place;
    *more = import_line(import, &line, &len);
    import->place = place; /* here commands are counted */
    if (*more <= 0) return *more;
    if (len && line[len - 1] == '\r') len--;
    if (!len || line[0] != kind || len >= sizeof text)
        return import_problem(import, "'%c' and a number are wanted, not '%.*s'", kind,
                              (int)(len < 40 ? len : 40), line);
    memcpy(text, line + 1, len - 1);
    text[len - 1] = 0;
    *number = strtol(text, &end, 10);
    if (*end || !text[0] || *number < 0 || *number > max)
        return import_problem(import, "'%c%s' is no length", kind, text);
    return 0;
}

static int cut_short(struct import *import) {
    return import_problem(import, "the input ends within a command");
}

static int read_word(struct import *import, struct gather *gather) {
    long len;
    int more;
    const char *bytes;
    if (read_header(import, '$', WORD_MAX, &len, &more) < 0) return -1;
    if (!more) return cut_short(import);
    int got = lines_bytes(&import->lines, (size_t)len + 2, &bytes);
    if (got < 0) return import_problem(import, "cannot read: %s", strerror(errno));
    if (!got) return cut_short(import);
    import->read += (uint64_t)len + 2;
    if (memcmp(bytes + len, "\r\n", 2) != 0)
        return import_problem(import, "a word is longer than its length says");
    gather_word(gather, bytes, (size_t)len);
    return 0;
}

static int read_command(struct import *import, struct gather *gather, int *more) {
    long count;
    gather_clear(gather);
    import->place++;
    if (read_header(import, '*', WORDS_MAX, &count, more) < 0) return -1;
    for (long i = 0; *more && i < count; i++)
        if (read_word(import, gather) < 0) return -1;
    return *more ? import_gathered(import, gather) : 0;
}

int import_resp(struct import *import) {
    struct gather gather = {0};
    int more = 1, result = 0;
    while (result == 0 && more) result = read_command(import, &gather, &more);
    gather_free(&gather);
    return result;
}
