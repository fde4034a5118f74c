/*
 * program.h - runs the program `ferrite` from a test, through the shell.
 *
 * In commands $F is the program and $D a new folder, which program_end removes. Output and errors
 * come together.
 */
#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H

void program_begin(void); /* as the .init of a test */
void program_end(void);   /* as its .fini */

/* The command's output must be exactly this, and its exit status too. */
void program_expect(int status, const char *output, const char *command);
/* The output must contain the text. */
void program_expect_part(int status, const char *part, const char *command);
/* $D/a.ferrite with the strings key:1 to key:3000 of value-N-0123456789. */
void program_fill(void);
/* What the command printed, in a place that the next call uses again. */
const char *program_output(const char *command);

const char *program_path(void);
const char *program_folder(void);

#endif
