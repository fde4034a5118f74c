/*
 * layering_test.c - the include graph: layers may know what lies below them and nothing else.
 *
 * Reads the #include lines of every source file. The table below is the architecture
 * (docs/ARCHITECTURE.md draws it); a new folder needs a line here.
 */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A file belongs to the first row whose folder its path begins with. `may` lists, separated by spaces,
 * path beginnings of what it may include. */
static const struct layer {
    const char *folder;
    const char *may;
} layers[] = {
#define PUBLIC "libferrite/ferrite.h "
#define BASE PUBLIC "libferrite/error.h libferrite/os/ "
    {"libferrite/os/", BASE},
    {"libferrite/wal/", BASE "libferrite/wal/"},
    {"libferrite/pager/", BASE "libferrite/pager/"},
    {"libferrite/btree/", BASE "libferrite/pager/ libferrite/btree/"},
    {"libferrite/txn/", BASE "libferrite/wal/ libferrite/pager/ libferrite/btree/ libferrite/txn/"},
    {"libferrite/cache/", BASE "libferrite/cache/"},
    {"libferrite/types/", BASE "libferrite/btree/ libferrite/txn/ libferrite/cache/ libferrite/types/"},
    {"libferrite/command/", PUBLIC "libferrite/error.h libferrite/os/mem.h libferrite/command/"},
    {"libferrite/", "libferrite/"},
    {"cli/", PUBLIC "cli/"},
    {"examples/", PUBLIC "examples/"},
    {"bench/", PUBLIC "bench/"},
};

static const char *const source_globs[] = {
    "libferrite/*.[ch]", "libferrite/*/*.[ch]", "cli/*.[ch]", "examples/*.[ch]", "bench/*.[ch]",
};

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

static bool any_begins(const char *text, const char *list) {
    char words[512];
    snprintf(words, sizeof words, "%s", list);
    for (char *save, *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save))
        if (begins(text, word)) return true;
    return false;
}

static const struct layer *layer_of(const char *path) {
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        if (begins(path, layers[i].folder)) return &layers[i];
    return NULL;
}

static bool file_exists(const char *path) {
    FILE *file = fopen(path, "r");
    if (file) fclose(file);
    return file != NULL;
}

/* "libferrite/btree/x.c" + "../os/os.h" -> "libferrite/os/os.h"; else from the -I folders. */
static void include_resolve(const char *from, const char *name, char *out, size_t cap) {
    char folder[256];
    snprintf(folder, sizeof folder, "%s", from);
    char *end = strrchr(folder, '/');
    *end = 0;
    const char *rest = name;
    while (begins(rest, "../") && end) {
        rest += 3;
        end = strrchr(folder, '/');
        if (end) *end = 0;
    }
    snprintf(out, cap, "%s%s%s", end ? folder : "", end ? "/" : "", rest);
    if (file_exists(out)) return;
    snprintf(out, cap, "libferrite/%s", name);
    if (!file_exists(out)) snprintf(out, cap, "%s", name);
}

static bool include_allowed(const char *from, const char *target) {
    const struct layer *layer = layer_of(from);
    return layer && any_begins(target, layer->may);
}

/* Headers of system calls: only the os layer may see them. Threads and plain C are free to all. */
static bool system_allowed(const char *from, const char *name) {
    static const char *const calls = "unistd.h fcntl.h sys/ dirent.h poll.h linux/ aio.h";
    if (!begins(from, "libferrite/") || begins(from, "libferrite/os/")) return true;
    return !any_begins(name, calls) || strcmp(name, "sys/types.h") == 0;
}

/* Gives each #include of a file to fn, and the number of refusals back. */
static int file_check(const char *path) {
    char line[512], name[256], target[512];
    int wrong = 0;
    FILE *file = fopen(path, "r");
    cr_assert(file, "cannot read %s", path);
    while (fgets(line, sizeof line, file)) {
        bool allowed = true;
        if (sscanf(line, " # include \"%255[^\"]\"", name) == 1) {
            include_resolve(path, name, target, sizeof target);
            allowed = include_allowed(path, target);
        } else if (sscanf(line, " # include <%255[^>]>", name) == 1) {
            allowed = system_allowed(path, name);
        }
        if (allowed) continue;
        cr_log_error("%s may not include %s", path, name);
        wrong++;
    }
    fclose(file);
    return wrong;
}

Test(layering, every_include_points_down) {
    int wrong = 0;
    size_t files = 0;
    for (size_t i = 0; i < sizeof source_globs / sizeof *source_globs; i++) {
        glob_t found;
        if (glob(source_globs[i], 0, NULL, &found)) continue;
        for (size_t n = 0; n < found.gl_pathc; n++) wrong += file_check(found.gl_pathv[n]);
        files += found.gl_pathc;
        globfree(&found);
    }
    cr_expect_eq(wrong, 0, "%d includes point up or sideways", wrong);
    cr_expect_gt(files, 15, "the sources were not found: is the working directory their root?");
}

Test(layering, an_include_that_points_up_is_refused) {
    cr_expect(include_allowed("libferrite/btree/node.c", "libferrite/pager/page.h"));
    cr_expect_not(include_allowed("libferrite/pager/file.c", "libferrite/btree/tree.h"));
    cr_expect_not(include_allowed("libferrite/wal/wal.c", "libferrite/pager/page.h"));
    cr_expect_not(include_allowed("libferrite/btree/node.c", "libferrite/types/string.h"));
    cr_expect_not(include_allowed("cli/main.c", "libferrite/txn/txn.h"));
    cr_expect_not(include_allowed("somewhere/else.c", "libferrite/ferrite.h"));
}

Test(layering, an_include_is_found_where_the_compiler_finds_it) {
    char target[256];
    include_resolve("libferrite/btree/tree.h", "../pager/pages.h", target, sizeof target);
    cr_expect_str_eq(target, "libferrite/pager/pages.h");
    include_resolve("cli/main.c", "ferrite.h", target, sizeof target);
    cr_expect_str_eq(target, "libferrite/ferrite.h");
    include_resolve("cli/main.c", "../libferrite/os/os.h", target, sizeof target);
    cr_expect_str_eq(target, "libferrite/os/os.h");
}

Test(layering, a_system_call_above_the_os_layer_is_refused) {
    cr_expect(system_allowed("libferrite/os/posix.c", "unistd.h"));
    cr_expect(system_allowed("libferrite/txn/txn.c", "pthread.h"));
    cr_expect(system_allowed("cli/main.c", "unistd.h"));
    cr_expect_not(system_allowed("libferrite/txn/txn.c", "unistd.h"));
    cr_expect_not(system_allowed("libferrite/types/keys.c", "sys/mman.h"));
}
