/*
 * replay.c - runs a fuzz target on kept inputs, without a fuzzer: REPLAY FILE...
 */
#include <stdio.h>
#include <stdlib.h>

#include "../tests/harness/workspace.h"
#include "target.h"

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        size_t len;
        unsigned char *data = file_load(argv[i], &len);
        if (data == NULL) {
            fprintf(stderr, "cannot read %s\n", argv[i]);
            return 1;
        }
        LLVMFuzzerTestOneInput(data, len);
        free(data);
    }
    printf("%d inputs replayed\n", argc - 1);
    return 0;
}
