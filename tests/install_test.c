/*
 * install_test.c - what `make install` puts down is enough to build and run a program.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/shell.h"

static char folder[] = "/tmp/ferrite-install-XXXXXX", out[8192];

static void setup(void) { cr_assert(mkdtemp(folder)); }
static void teardown(void) { shell_run(out, sizeof out, "rm -r %s", folder); }

static void install(void) {
    int status = shell_run(out, sizeof out, "DESTDIR= scripts/install build %s 0.1.0 0", folder);
    cr_assert_eq(status, 0, "%s", out);
}

Test(install, a_program_links_with_what_was_installed, .init = setup, .fini = teardown) {
    install();
    int status = shell_run(
        out, sizeof out,
        "cd %s && sed \"s|/tmp/|$PWD/|\" $OLDPWD/examples/quickstart.c >app.c &&"
        " export PKG_CONFIG_PATH=lib/pkgconfig LD_LIBRARY_PATH=lib &&"
        " ${CC:-gcc} app.c $(pkg-config --cflags --libs ferrite) -o app && ./app &&"
        " ${CC:-gcc} -static app.c $(pkg-config --static --cflags --libs ferrite) -o app && ./app &&"
        " rm lib/libferrite.so* &&" /* only the archive is left */
        " ${CC:-gcc} app.c $(pkg-config --cflags --static --libs ferrite) -o app && ./app",
        folder);
    cr_expect_eq(status, 0, "%s", out);
    cr_expect_str_eq(out, "alice has 90\nalice has 90\nalice has 90\n");
}

Test(install, uninstalling_leaves_no_file, .init = setup, .fini = teardown) {
    install();
    shell_run(out, sizeof out, "DESTDIR= scripts/install --remove %s 0.1.0 0", folder);
    shell_run(out, sizeof out, "find %s -type f -o -type l", folder);
    cr_expect_str_eq(out, "");
}
