/*
 * symbols_test.c - the libraries give away the names of ferrite.h and no others.
 *
 * Reads the libraries that `make` built with nm(1), so it runs from the source tree's root.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"

static char text[1 << 20];
static char foreign_name[256]; /* the last one found */

/* Every line of nm is "address type name"; gives the number of names that are not ferrite_*. */
static int foreign_names(const char *nm, int *all) {
    int status = shell_run(text, sizeof text, "%s", nm);
    cr_assert_eq(status, 0, "%s: %s", nm, text);
    int foreign = 0;
    *all = 0;
    for (char *save, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char type, name[256];
        if (sscanf(line, "%*x %c %255s", &type, name) != 2) continue;
        (*all)++;
        if (strncmp(name, "ferrite_", 8) == 0) continue;
        snprintf(foreign_name, sizeof foreign_name, "%s", name);
        foreign++;
    }
    return foreign;
}

Test(symbols, the_shared_library_exports_ferrite_names_only) {
    int all;
    cr_expect_eq(foreign_names("nm -D --defined-only build/libferrite.so", &all), 0, "%s",
                 foreign_name);
    cr_expect_gt(all, 12);
}

Test(symbols, the_archive_exports_ferrite_names_only) {
    int all;
    cr_expect_eq(foreign_names("nm -g --defined-only build/libferrite.a", &all), 0, "%s",
                 foreign_name);
    cr_expect_gt(all, 12);
}

Test(symbols, a_foreign_name_is_noticed) {
    int all;
    cr_expect_eq(foreign_names("printf '0 T ferrite_get\\n0 T tree_get\\n'", &all), 1);
    cr_expect_eq(all, 2);
    cr_expect_str_eq(foreign_name, "tree_get");
}

/* The names that the preprocessed header declares, as "ferrite_x" lines in `text`. */
static void declared_names(void) {
    int status = shell_run(text, sizeof text,
                           "gcc -E -P libferrite/ferrite.h | tr '\\n' ' ' |"
                           " sed 's/;/;\\n/g' | grep 'visibility' | sed 's/(\\*[a-z_]*)//g' |"
                           " sed 's/__attribute__((visibility(\"default\")))//' |"
                           " grep -o 'ferrite_[a-z0-9_]* *(' | tr -d ' ('");
    cr_assert_eq(status, 0, "%s", text);
}

Test(symbols, every_function_of_the_header_exists) {
    static char exported[1 << 18];
    cr_assert_eq(shell_run(exported, sizeof exported, "nm -D --defined-only build/libferrite.so"), 0);
    declared_names();
    int names = 0;
    for (char *save, *name = strtok_r(text, "\n", &save); name; name = strtok_r(NULL, "\n", &save)) {
        char line[300];
        snprintf(line, sizeof line, " %s\n", name);
        cr_expect(strstr(exported, line), "%s is declared and not exported", name);
        names++;
    }
    cr_expect_gt(names, 12);
}

Test(symbols, the_soname_carries_the_abi_version) {
    cr_assert_eq(shell_run(text, sizeof text, "readelf -d build/libferrite.so"), 0);
    cr_expect(strstr(text, "libferrite.so.0"));
}
