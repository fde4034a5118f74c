/*
 * page_bed.h - pages in memory for tests of the tree: the pager without a file.
 *
 * One write transaction is always open; bed_commit ends it and begins the next. Freed pages are not
 * reused until bed_reuse, so that older roots stay readable. One thread.
 */
#ifndef FERRITE_TESTS_PAGE_BED_H
#define FERRITE_TESTS_PAGE_BED_H

#include "../../libferrite/pager/pages.h"

struct bed;

struct bed *bed_open(void);
void bed_close(struct bed *bed);
/* The open write transaction's view. */
struct pages *bed_pages(struct bed *bed);
void bed_commit(struct bed *bed);
/* Pages freed by committed transactions may be handed out again: no older root is looked at any
 * more. */
void bed_reuse(struct bed *bed);
/* Pages that are neither free nor freed (runs count all their pages). */
uint64_t bed_live(struct bed *bed);
/* The bytes of a page, to be damaged; NULL if there is no such page. */
struct page *bed_page(struct bed *bed, pgno no);
/* What is found when that page is asked for, as if it had been in a file; NULL: nothing. */
void bed_link(struct bed *bed, pgno no, struct page *page);

#endif
