/*
 * header_test.c - ferrite.h alone compiles without a warning as C99, C11 and C++17.
 *
 * Uses the compilers in CC and CXX (gcc and g++ by default), and clang when it is installed.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "support/shell.h"

static const char program[] =
    "#include \\\"ferrite.h\\\"\\n"
    "int main(void) { ferrite_options o = FERRITE_OPTIONS_INIT; return (int)o.no_threads; }\\n";

static void header_compile(const char *compiler, const char *language, const char *standard) {
    char out[8192];
    int status = shell_run(out, sizeof out,
                           "printf \"%s\" | %s -x %s -std=%s -Wall -Wextra -Wpedantic -Werror"
                           " -Ilibferrite -fsyntax-only -",
                           program, compiler, language, standard);
    cr_expect_eq(status, 0, "%s -std=%s: %s", compiler, standard, out);
}

static const char *compiler_named(const char *variable, const char *otherwise) {
    const char *name = getenv(variable);
    return name && *name ? name : otherwise;
}

static int installed(const char *program_name) {
    char out[256];
    return shell_run(out, sizeof out, "command -v %s", program_name) == 0;
}

Test(header, compiles_as_c99) {
    header_compile(compiler_named("CC", "gcc"), "c", "c99");
    if (installed("clang")) header_compile("clang", "c", "c99");
}

Test(header, compiles_as_c11) {
    header_compile(compiler_named("CC", "gcc"), "c", "c11");
    if (installed("clang")) header_compile("clang", "c", "c11");
}

Test(header, compiles_as_cxx17) {
    header_compile(compiler_named("CXX", "g++"), "c++", "c++17");
    if (installed("clang++")) header_compile("clang++", "c++", "c++17");
}
