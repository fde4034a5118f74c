/* txn_writer_lock_test.c - who waits for the right to write, and for whom. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "../libferrite/txn/writer_lock.h"

#define HELD_US 30000u

static struct writer_lock lock;
static atomic_bool taken, given;

static void setup(void) { cr_assert_eq(writer_lock_init(&lock, os_default()), 0); }
static void teardown(void) { writer_lock_done(&lock); }
TestSuite(txn_writer_lock, .init = setup, .fini = teardown);

static void *hold(void *upkeep) {
    bool mine = upkeep != NULL ? writer_lock_try_upkeep(&lock) : writer_lock_try(&lock);
    cr_assert(mine);
    atomic_store(&taken, true);
    usleep(HELD_US);
    atomic_store(&given, true);
    writer_lock_give(&lock);
    return NULL;
}

static pthread_t held_by_another(bool upkeep) {
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, hold, upkeep ? &lock : NULL), 0);
    while (!atomic_load(&taken)) usleep(100);
    return thread;
}

Test(txn_writer_lock, upkeep_is_waited_for_even_by_who_never_waits) {
    pthread_t thread = held_by_another(true);
    cr_expect(writer_lock_take(&lock, 0, true));
    cr_expect(atomic_load(&given));
    cr_expect(writer_lock_mine(&lock));
    writer_lock_give(&lock);
    pthread_join(thread, NULL);
}

Test(txn_writer_lock, a_transaction_is_not_waited_for_longer_than_asked) {
    pthread_t thread = held_by_another(false);
    cr_expect_not(writer_lock_take(&lock, 0, true));
    cr_expect_not(atomic_load(&given));
    cr_expect(writer_lock_take(&lock, 10000, true));
    writer_lock_give(&lock);
    pthread_join(thread, NULL);
}

Test(txn_writer_lock, a_transaction_may_turn_out_to_be_upkeep) {
    cr_assert(writer_lock_try(&lock));
    cr_expect_not(writer_lock_wanted(&lock));
    writer_lock_mark_upkeep(&lock);
    writer_lock_give(&lock);
    cr_expect(writer_lock_try(&lock));
    writer_lock_give(&lock);
}

Test(txn_writer_lock, upkeep_waits_for_transactions_too) {
    pthread_t thread = held_by_another(false);
    cr_expect_not(writer_lock_take_upkeep(&lock, 0));
    cr_expect(writer_lock_take_upkeep(&lock, 10000));
    cr_expect(atomic_load(&given));
    writer_lock_give(&lock);
    pthread_join(thread, NULL);
}
