/* selection.c - see selection.h. */
#include "selection.h"

#include <string.h>

bool selection_has(const char *list, const char *name) {
    size_t len = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (!strncmp(at, name, len) && (at[len] == ',' || at[len] == 0)) return true;
    return list == NULL;
}
