/*
 * redis_vocabulary.h - the words that a pattern's letters stand for: right, and wrong in all the usual ways. A function
 * of the choices alone; used by redis_words.c.
 */
#ifndef FERRITE_TESTS_REDIS_VOCABULARY_H
#define FERRITE_TESTS_REDIS_VOCABULARY_H

#include "redis_words.h"

/* Adds a word to the command. */
void redis_word_add(struct redis_command *command, const char *data, size_t len);
/* Adds what the letter of a pattern (redis_patterns.h) stands for. */
void redis_letter_add(struct redis_command *command, char letter, struct choices *choices);

#endif
