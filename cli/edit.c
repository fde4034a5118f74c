/*
 * edit.c - lines typed on a terminal, by libedit. See edit.h.
 */
#include "edit.h"

#include "lines.h"

#include <dlfcn.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REMEMBERED 1000
#define ENTER_KEY  "\036" /* Ctrl-^: what Enter becomes once the hint is wiped */

/* The functions of libedit that are used. */
struct library {
    void *handle;
    EditLine *(*el_init)(const char *, FILE *, FILE *, FILE *);
    void (*el_end)(EditLine *);
    int (*el_set)(EditLine *, int, ...);
    const char *(*el_gets)(EditLine *, int *);
    const LineInfo *(*el_line)(EditLine *);
    void (*el_push)(EditLine *, const char *);
    int (*el_insertstr)(EditLine *, const char *);
    void (*el_deletestr)(EditLine *, int);
    int (*el_source)(EditLine *, const char *);
    History *(*history_init)(void);
    void (*history_end)(History *);
    int (*history)(History *, HistEvent *, int, ...);
};

struct edit {
    struct edit_hooks hooks;
    struct library library;
    EditLine *el; /* NULL: plain reading */
    History *history;
    struct lines plain;
    const char *prompt;
    bool cancelled;
    char hint[512];
};

/* ---- loading ---- */

static bool find_functions(struct library *library) {
    const struct {
        const char *name;
        void *place;
    } functions[] = {
        {"el_init", &library->el_init},
        {"el_end", &library->el_end},
        {"el_set", &library->el_set},
        {"el_gets", &library->el_gets},
        {"el_line", &library->el_line},
        {"el_push", &library->el_push},
        {"el_insertstr", &library->el_insertstr},
        {"el_deletestr", &library->el_deletestr},
        {"el_source", &library->el_source},
        {"history_init", &library->history_init},
        {"history_end", &library->history_end},
        {"history", &library->history},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *function = dlsym(library->handle, functions[i].name);
        if (!function) return false;
        memcpy(functions[i].place, &function, sizeof function);
    }
    return true;
}

static bool load_library(struct library *library) {
    static const char *const names[] = {"libedit.so.2", "libedit.so.0", "libedit.so"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        library->handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (!library->handle) continue;
        if (find_functions(library)) return true;
        dlclose(library->handle);
        library->handle = NULL;
    }
    return false;
}

/* libedit's callbacks get no context of ours without asking it: there is one edit at a time. */
static struct edit *current;

/* ---- prompt and hint ---- */

static char *give_prompt(EditLine *el) {
    (void)el;
    return (char *)current->prompt;
}

static int terminal_width(void) {
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

/* The hint is cut to the room that is left on the line; libedit would show none otherwise. */
static char *give_hint(EditLine *el) {
    struct edit *edit = current;
    const LineInfo *info = edit->library.el_line(el);
    size_t len = (size_t)(info->lastchar - info->buffer);
    char text[sizeof edit->hint - 32];
    edit->hint[0] = 0;
    text[0] = 0;
    edit->hooks.hint(edit->hooks.ctx, info->buffer, len, text, sizeof text);
    int room = terminal_width() - (int)strlen(edit->prompt) - (int)len - 4;
    if (!text[0] || room < 12) return edit->hint;
    /* plain text: libedit's redrawing tears colours apart */
    bool cut = strlen(text) > (size_t)room;
    snprintf(edit->hint, sizeof edit->hint, "%.*s%s", cut ? room - 3 : room, text,
             cut ? "..." : "");
    return edit->hint;
}

/* ---- keys ---- */

static unsigned char insert_space(EditLine *el, int key) {
    (void)key;
    return current->library.el_insertstr(el, " ") < 0 ? CC_ERROR : CC_REFRESH;
}

static int columns(const char *from, const char *to) {
    int count = 0;
    for (; from < to; from++) count += ((unsigned char)*from & 0xc0) != 0x80;
    return count;
}

/* The hint must not stay behind what was typed: it is wiped from the end of the text on. */
static unsigned char end_line(EditLine *el, int key) {
    const LineInfo *info = current->library.el_line(el);
    int ahead = columns(info->cursor, info->lastchar);
    (void)key;
    current->library.el_push(el, ENTER_KEY);
    if (!current->hint[0]) return CC_NORM;
    fputs("\0337", stdout);
    if (ahead) printf("\033[%dC", ahead);
    fputs("\033[K\0338", stdout);
    fflush(stdout);
    return CC_NORM;
}

static unsigned char cancel_line(EditLine *el, int key) {
    current->cancelled = true;
    return end_line(el, key);
}

/* Ctrl-Z, which is a key as Ctrl-C is: back to the shell that started this one. */
static unsigned char suspend(EditLine *el, int key) {
    (void)key;
    current->library.el_set(el, EL_PREP_TERM, 0);
    putchar('\n');
    fflush(stdout);
    raise(SIGTSTP);
    current->library.el_set(el, EL_PREP_TERM, 1);
    return CC_REDISPLAY;
}

/* ---- completion ---- */

bool candidates_add(struct candidates *candidates, const char *text) {
    if (candidates->count == candidates->cap) {
        size_t cap = candidates->cap ? candidates->cap * 2 : 16;
        char **grown = realloc(candidates->texts, cap * sizeof *grown);
        if (!grown) return false;
        candidates->texts = grown;
        candidates->cap = cap;
    }
    char *copy = strdup(text);
    if (copy) candidates->texts[candidates->count++] = copy;
    return copy != NULL;
}

static void candidates_free(struct candidates *candidates) {
    for (size_t i = 0; i < candidates->count; i++) free(candidates->texts[i]);
    free(candidates->texts);
}

static size_t common_len(const struct candidates *candidates) {
    size_t len = strlen(candidates->texts[0]);
    for (size_t i = 1; i < candidates->count; i++) {
        size_t same = 0;
        while (same < len && candidates->texts[i][same] == candidates->texts[0][same]) same++;
        len = same;
    }
    return len;
}

static void list_candidates(const struct candidates *candidates) {
    size_t widest = 0;
    for (size_t i = 0; i < candidates->count; i++)
        if (strlen(candidates->texts[i]) > widest) widest = strlen(candidates->texts[i]);
    size_t columns = (size_t)terminal_width() / (widest + 2);
    if (!columns) columns = 1;
    for (size_t i = 0; i < candidates->count; i++)
        printf("%s%-*s", i % columns ? "" : "\n", (int)widest + 2, candidates->texts[i]);
    puts(candidates->more ? "\n…" : "");
    fflush(stdout);
}

static unsigned char replace_word(struct edit *edit, const struct candidates *candidates) {
    size_t len = common_len(candidates);
    char *text = malloc(len + 2);
    if (!text) return CC_ERROR;
    memcpy(text, candidates->texts[0], len);
    text[len] = 0;
    if (candidates->count == 1) strcat(text, " ");
    edit->library.el_deletestr(edit->el, (int)candidates->word_len);
    edit->library.el_insertstr(edit->el, text);
    free(text);
    return CC_REFRESH;
}

static unsigned char complete_word(EditLine *el, int key) {
    struct edit *edit = current;
    const LineInfo *info = edit->library.el_line(el);
    struct candidates candidates = {0};
    unsigned char result = CC_ERROR;
    (void)key;
    edit->hooks.complete(edit->hooks.ctx, info->buffer, (size_t)(info->cursor - info->buffer),
                         &candidates);
    if (candidates.count == 1 ||
        (candidates.count > 1 && common_len(&candidates) > candidates.word_len)) {
        result = replace_word(edit, &candidates);
    } else if (candidates.count > 1) {
        list_candidates(&candidates);
        result = CC_REDISPLAY;
    }
    candidates_free(&candidates);
    return result;
}

/* ---- opening ---- */

static void bind_keys(struct edit *edit) {
    static const struct {
        const char *name, *help;
        unsigned char (*function)(EditLine *, int);
        const char *keys[3];
    } bindings[] = {
        {"ferrite-space", "insert a space, show the hint", insert_space, {" "}},
        {"ferrite-cancel", "forget the line", cancel_line, {"^C"}},
        {"ferrite-suspend", "stop the program", suspend, {"^Z"}},
        {"ferrite-end", "end the line", end_line, {"^M", "^J"}},
        {"ferrite-complete", "complete the word", complete_word, {"^I"}},
    };
    struct library *library = &edit->library;
    for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++) {
        library->el_set(edit->el, EL_ADDFN, bindings[i].name, bindings[i].help,
                        bindings[i].function);
        for (size_t k = 0; k < 3 && bindings[i].keys[k]; k++)
            library->el_set(edit->el, EL_BIND, bindings[i].keys[k], bindings[i].name, NULL);
    }
    library->el_set(edit->el, EL_BIND, ENTER_KEY, "ed-newline", NULL);
    library->el_set(edit->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
    library->el_set(edit->el, EL_BIND, "^W", "ed-delete-prev-word", NULL);
}

static bool start_editor(struct edit *edit) {
    struct library *library = &edit->library;
    HistEvent event;
    edit->el = library->el_init("ferrite", stdin, stdout, stderr);
    edit->history = library->history_init();
    if (!edit->el || !edit->history) return false;
    library->history(edit->history, &event, H_SETSIZE, REMEMBERED);
    library->history(edit->history, &event, H_SETUNIQUE, 1);
    library->el_set(edit->el, EL_PROMPT, give_prompt);
    library->el_set(edit->el, EL_RPROMPT, give_hint);
    library->el_set(edit->el, EL_EDITOR, "emacs");
    library->el_set(edit->el, EL_SIGNAL, 1); /* gives the terminal back before it dies */
    library->el_set(edit->el, EL_HIST, library->history, edit->history);
    bind_keys(edit);
    library->el_source(edit->el, NULL); /* the user's ~/.editrc has the last word */
    library->el_set(edit->el, EL_SETTY, "-d", "-isig", NULL); /* Ctrl-C is a key, see bind_keys */
    return true;
}

static void stop_editor(struct edit *edit) {
    if (edit->history) edit->library.history_end(edit->history);
    if (edit->el) edit->library.el_end(edit->el);
    edit->history = NULL;
    edit->el = NULL;
}

struct edit *edit_open(const struct edit_hooks *hooks) {
    struct edit *edit = calloc(1, sizeof *edit);
    if (!edit) return NULL;
    edit->hooks = *hooks;
    edit->plain.fd = STDIN_FILENO;
    current = edit;
    /* libedit measures characters; what is typed is bytes of UTF-8 where nothing else is said */
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968") == 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    if (load_library(&edit->library) && !start_editor(edit)) stop_editor(edit);
    return edit;
}

void edit_close(struct edit *edit) {
    if (!edit) return;
    stop_editor(edit);
    lines_free(&edit->plain);
    current = NULL;
    free(edit); /* the library stays loaded until the end of the process */
}

/* ---- reading ---- */

static int read_plain(struct edit *edit, const char **line, size_t *len) {
    fputs(edit->prompt, stdout);
    fflush(stdout);
    return lines_next(&edit->plain, line, len, NULL) > 0;
}

int edit_read(struct edit *edit, const char *prompt, const char **line, size_t *len) {
    int count = 0;
    edit->prompt = prompt;
    edit->cancelled = false;
    if (!edit->el) return read_plain(edit, line, len);
    signal(SIGINT, SIG_IGN); /* for the moment before the terminal gives Ctrl-C as a key */
    edit->library.el_set(edit->el, EL_PREP_TERM, 1); /* libedit would print the prompt first */
    *line = edit->library.el_gets(edit->el, &count);
    signal(SIGINT, SIG_DFL);
    if (edit->cancelled) return -1;
    if (!*line || count <= 0) return 0;
    *len = (*line)[count - 1] == '\n' ? (size_t)count - 1 : (size_t)count;
    return 1;
}

void edit_remember(struct edit *edit, const char *line) {
    HistEvent event;
    if (edit->el) edit->library.history(edit->history, &event, H_ENTER, line);
}
