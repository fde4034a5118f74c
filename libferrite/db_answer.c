/* db_answer.c - see db_answer.h. */
#include "db_answer.h"

#include "os/mem.h"

char *block_answer(int code, char *block, size_t block_len, size_t *len, ferrite_error **err) {
    if (code != FERRITE_OK) {
        mem_free(block);
        block = NULL;
        block_len = 0;
        error_give(err, code);
    }
    if (len != NULL) *len = block_len;
    return block;
}

ferrite_slice *slices_answer(int code, struct slices *list, size_t *count, ferrite_error **err) {
    ferrite_slice *answer = NULL;
    size_t answered = 0;
    if (code == FERRITE_OK) code = slices_finish(list, &answer, &answered);
    slices_clear(list);
    if (count != NULL) *count = answered;
    if (code != FERRITE_OK) error_give(err, code);
    return answer;
}
