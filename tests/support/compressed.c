/* compressed.c - see compressed.h. */
#include "compressed.h"

#include <stdlib.h>

ferrite_db *compressed_open(const char *path, int level) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.compression = level;
    options.compression_min = 32;
    return api_open_with(path, &options);
}

char *compressible(size_t len, unsigned seed) {
    char *text = malloc(len + 1);
    for (size_t i = 0; i < len; i++) text[i] = (char)('a' + (i % 11 + i / 200 + seed) % 26);
    text[len] = '\0';
    return text;
}
