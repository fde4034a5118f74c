/*
 * demo.c - what Ferrite is for, on real input: `make demo`.
 *
 * Unicode's character table (about 35,000 lines) goes into a database, a hundred lines a transaction, by a
 * child process that reports each commit. In the middle it is killed with SIGKILL. The parent opens the file and
 * proves that every reported transaction is there whole and nothing of any unfinished one; then it finishes
 * the import, queries it through the API and through the `ferrite` program, and has that check the file.
 */
#include <ferrite.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define INPUT "/usr/share/unicode/UnicodeData.txt"
#define FILE_NAME "build/demo/unicode.ferrite"
#define LINES_MAX 65536u
#define LINES_PER_TRANSACTION 100u

struct line {
    char key[24]; /* "char:0041" */
    size_t key_len;
    const char *text; /* the whole line of the input */
    size_t len;
};

static struct line lines[LINES_MAX];
static size_t line_count;

static void die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "demo: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(1);
}

static void require(int holds, const char *what, ferrite_error *err) {
    if (!holds) die("%s%s%s", what, err ? ": " : "", err ? ferrite_error_message(err) : "");
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- the input ---------------------------------------------------------------------------- */

static void lines_add(char *text) {
    struct line *line = &lines[line_count++];
    line->text = text;
    line->len = strlen(text);
    line->key_len = (size_t)snprintf(line->key, sizeof line->key, "char:%.*s",
                                     (int)strcspn(text, ";"), text);
}

static void lines_read(const char *path) {
    char *text = NULL;
    size_t cap = 0;
    FILE *file = fopen(path, "r");
    if (!file) die("cannot read %s (Debian package unicode-data)", path);
    while (line_count < LINES_MAX && getline(&text, &cap, file) > 0) {
        text[strcspn(text, "\n")] = 0;
        lines_add(text);
        text = NULL; /* kept by its line */
        cap = 0;
    }
    free(text);
    fclose(file);
}

/* ---- the import --------------------------------------------------------------------------- */

/* One transaction: the lines from *first on. */
static int import_some(ferrite_db *tx, void *first, ferrite_error **err) {
    size_t start = *(size_t *)first, end = start + LINES_PER_TRANSACTION;
    for (size_t i = start; i < end && i < line_count; i++)
        if (ferrite_set(tx, lines[i].key, lines[i].key_len, lines[i].text, lines[i].len, err) < 0)
            return -1;
    return 0;
}

/* Imports from line `done` on; after each commit the number of lines safe is written to `report`. */
static void import(ferrite_db *db, size_t done, int report) {
    ferrite_error *err = NULL;
    while (done < line_count) {
        require(ferrite_transaction(db, import_some, &done, &err) == 0, "import", err);
        done += LINES_PER_TRANSACTION;
        if (done > line_count) done = line_count;
        if (report >= 0 && write(report, &done, sizeof done) < 0) die("the pipe broke");
    }
}

static ferrite_db *open_file(void) {
    ferrite_error *err = NULL;
    ferrite_db *db = ferrite_open(FILE_NAME, &err);
    require(db != NULL, "open", err);
    return db;
}

/* Lets a child import and kills it halfway; gives the lines it had reported as committed. */
static size_t import_killed(void) {
    int ends[2];
    size_t reported = 0, next;
    if (pipe(ends)) die("no pipe");
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) die("cannot fork");
    if (child == 0) {
        import(open_file(), 0, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    while (reported < line_count / 2 && read(ends[0], &reported, sizeof reported) > 0) continue;
    kill(child, SIGKILL);
    while (read(ends[0], &next, sizeof next) > 0) reported = next; /* reported before it died */
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status)) die("the child ended before it could be killed");
    return reported;
}

/* ---- the proof ---------------------------------------------------------------------------- */

static int line_is_there(ferrite_db *db, const struct line *line) {
    ferrite_error *err = NULL;
    size_t len;
    char *text = ferrite_get(db, line->key, line->key_len, &len, &err);
    require(!err, line->key, err);
    int same = text && len == line->len && memcmp(text, line->text, len) == 0;
    if (text && !same) die("%s holds something else", line->key);
    ferrite_free(text);
    return same;
}

static size_t keys_count(ferrite_db *db) {
    uint64_t count;
    ferrite_error *err = NULL;
    require(ferrite_dbsize(db, &count, &err) == 0, "dbsize", err);
    return (size_t)count;
}

/* The file holds the lines of whole transactions, at least all those reported; gives their number. */
static size_t prove_whole_transactions(ferrite_db *db, size_t reported) {
    size_t kept = 0;
    while (kept < line_count && line_is_there(db, &lines[kept])) kept++;
    if (kept < reported) die("only %zu of %zu reported lines are there", kept, reported);
    if (kept % LINES_PER_TRANSACTION && kept != line_count) die("a part of a transaction is there");
    if (keys_count(db) != kept) die("keys of an unfinished transaction are there");
    return kept;
}

/* ---- queries ------------------------------------------------------------------------------ */

static size_t prefix_print(ferrite_db *db, const char *prefix) {
    ferrite_range range = FERRITE_RANGE_INIT;
    ferrite_error *err = NULL;
    ferrite_slice key, value;
    size_t found = 0;
    range.prefix = (ferrite_slice){prefix, strlen(prefix)};
    ferrite_iterator *it = ferrite_iterate(db, &range, &err);
    require(it != NULL, "iterate", err);
    while (ferrite_iterator_next(it, &key, &value, &err) > 0)
        if (found++ < 3)
            printf("  %.*s  %.*s\n", (int)key.len, key.data, (int)value.len, value.data);
    require(!err, "iterate", err);
    ferrite_iterator_close(it);
    return found;
}

/* Runs the ferrite program as a user would, and requires what it prints to begin with `expected`. */
static void program_run(const char *program, const char *arguments, const char *expected) {
    char command[512], output[256] = "";
    snprintf(command, sizeof command, "%s %s", program, arguments);
    FILE *pipe = popen(command, "r");
    if (!pipe) die("cannot run %s", command);
    size_t len = fread(output, 1, sizeof output - 1, pipe);
    output[len] = 0;
    printf("  $ %s\n    %s%s", command, output, len && output[len - 1] == '\n' ? "" : "\n");
    if (pclose(pipe) || strncmp(output, expected, strlen(expected)))
        die("%s: expected %s", command, expected);
}

static double file_mb(const char *path) {
    struct stat about;
    return stat(path, &about) ? 0 : (double)about.st_size / 1e6;
}

/* ---- the story ---------------------------------------------------------------------------- */

static void folder_prepare(void) {
    mkdir("build", 0777);
    mkdir("build/demo", 0777);
    unlink(FILE_NAME);
    unlink(FILE_NAME "-wal");
    unlink(FILE_NAME "-lock");
}

int main(int argc, char **argv) {
    const char *program = argc > 1 ? argv[1] : "build/ferrite";
    char count[32];
    folder_prepare();
    lines_read(argc > 2 ? argv[2] : INPUT);
    printf("1. A child imports %zu lines, %u a durable transaction, and is killed with SIGKILL.\n",
           line_count, LINES_PER_TRANSACTION);
    double start = seconds_now();
    size_t reported = import_killed();
    printf("   It had reported %zu lines as committed in %.2f s.\n", reported,
           seconds_now() - start);

    start = seconds_now();
    ferrite_db *db = open_file();
    printf("2. Opened again in %.1f ms.\n", (seconds_now() - start) * 1e3);
    size_t kept = prove_whole_transactions(db, reported);
    printf("   It holds %zu lines: all that was reported, and no part of a transaction.\n", kept);

    start = seconds_now();
    import(db, kept, -1);
    printf("3. The other %zu lines were imported in %.2f s.\n", line_count - kept,
           seconds_now() - start);
    if (prove_whole_transactions(db, line_count) != line_count) die("lines are missing");

    start = seconds_now();
    for (size_t i = 0; i < line_count; i++) line_is_there(db, &lines[i]);
    printf("4. %zu gets took %.1f ms. The first keys that begin with char:1F60:\n", line_count,
           (seconds_now() - start) * 1e3);
    printf("  %zu keys begin so.\n", prefix_print(db, "char:1F60"));
    ferrite_close(db);
    printf("   %.2f MB of text are a file of %.2f MB.\n", file_mb(argc > 2 ? argv[2] : INPUT),
           file_mb(FILE_NAME));

    printf("5. The same file from the shell:\n");
    snprintf(count, sizeof count, "%zu\n", line_count);
    program_run(program, FILE_NAME " GET char:0041", "0041;LATIN CAPITAL LETTER A;");
    program_run(program, FILE_NAME " DBSIZE", count);
    program_run(program, "check " FILE_NAME, "");

    printf("Proven: a kill -9 in the middle of an import lost none of %zu committed lines and left no "
           "part of a transaction; the finished file checks clean.\n", reported);
    return 0;
}
