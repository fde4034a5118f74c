/*
 * every_function.h - a call of each function of ferrite.h that takes a handle and an error, for tests that try the same
 * mistake on all of them.
 *
 * X(function, arguments between the two...). K is a key, V any other string of bytes, P a pattern: each a pointer
 * and a length. ITEMS and ZITEMS are a pointer and a count, ARGV words of a command, CURSOR that of a scan, PLACE the
 * place of an answer that is needed. All others are NULL.
 */
#ifndef TESTS_SUPPORT_EVERY_FUNCTION_H
#define TESTS_SUPPORT_EVERY_FUNCTION_H

#define EVERY_FUNCTION(X)                                \
    X(ferrite_transaction, NULL, NULL)                   \
    X(ferrite_begin)                                     \
    X(ferrite_snapshot)                                  \
    X(ferrite_batch)                                     \
    X(ferrite_select, 1)                                 \
    X(ferrite_set, K, V)                                 \
    X(ferrite_get, K, NULL)                              \
    X(ferrite_set_with, K, V, NULL, NULL, NULL)          \
    X(ferrite_setnx, K, V)                               \
    X(ferrite_getset, K, V, NULL)                        \
    X(ferrite_getdel, K, NULL)                           \
    X(ferrite_mset, ITEMS)                               \
    X(ferrite_msetnx, ITEMS)                             \
    X(ferrite_mget, ITEMS)                               \
    X(ferrite_incr, K, NULL)                             \
    X(ferrite_decr, K, NULL)                             \
    X(ferrite_incrby, K, 1, NULL)                        \
    X(ferrite_decrby, K, 1, NULL)                        \
    X(ferrite_incrbyfloat, K, 1, NULL)                   \
    X(ferrite_incrbyfloat_text, K, V, NULL)              \
    X(ferrite_append, K, V)                              \
    X(ferrite_setrange, K, 1, V)                         \
    X(ferrite_strlen, K)                                 \
    X(ferrite_getrange, K, 1, 1, NULL)                   \
    X(ferrite_lcs, K, V, NULL)                           \
    X(ferrite_lcs_len, K, V)                             \
    X(ferrite_lcs_idx, K, V, 1)                          \
    X(ferrite_del, K)                                    \
    X(ferrite_exists, K)                                 \
    X(ferrite_del_many, ITEMS)                           \
    X(ferrite_unlink_many, ITEMS)                        \
    X(ferrite_exists_many, ITEMS)                        \
    X(ferrite_touch_many, ITEMS)                         \
    X(ferrite_type, K)                                   \
    X(ferrite_keys, P, NULL)                             \
    X(ferrite_scan, CURSOR, P, 1, 1, NULL)               \
    X(ferrite_rename, K, V)                              \
    X(ferrite_renamenx, K, V)                            \
    X(ferrite_copy, K, V, 0, 1)                          \
    X(ferrite_move, K, 0)                                \
    X(ferrite_randomkey, NULL)                           \
    X(ferrite_dbsize, NULL)                              \
    X(ferrite_swapdb, 1, 1)                              \
    X(ferrite_flushdb)                                   \
    X(ferrite_flushall)                                  \
    X(ferrite_time, NULL)                                \
    X(ferrite_encoding, K)                               \
    X(ferrite_idle_time, K, NULL)                        \
    X(ferrite_frequency, K, NULL)                        \
    X(ferrite_memory_usage, K, NULL)                     \
    X(ferrite_lpush, K, V)                               \
    X(ferrite_rpush, K, V)                               \
    X(ferrite_lpush_many, K, ITEMS)                      \
    X(ferrite_rpush_many, K, ITEMS)                      \
    X(ferrite_lpushx, K, ITEMS)                          \
    X(ferrite_rpushx, K, ITEMS)                          \
    X(ferrite_lpop, K, NULL)                             \
    X(ferrite_rpop, K, NULL)                             \
    X(ferrite_lpop_many, K, 1, NULL)                     \
    X(ferrite_rpop_many, K, 1, NULL)                     \
    X(ferrite_lmpop, ITEMS, 1, 1, NULL, NULL)            \
    X(ferrite_llen, K)                                   \
    X(ferrite_lindex, K, 1, NULL)                        \
    X(ferrite_lindex_view, K, 1, PLACE)                  \
    X(ferrite_lrange, K, 1, 1, NULL)                     \
    X(ferrite_lpos, K, V, 1, 1, NULL)                    \
    X(ferrite_lpos_many, K, V, 1, 1, 1, NULL)            \
    X(ferrite_lset, K, 1, V)                             \
    X(ferrite_linsert, K, 1, V, V, NULL)                 \
    X(ferrite_linsert_at, K, 1, V)                       \
    X(ferrite_lrem, K, 1, V)                             \
    X(ferrite_ltrim, K, 1, 1)                            \
    X(ferrite_lmove, K, V, 1, 1, NULL)                   \
    X(ferrite_rpoplpush, K, V, NULL)                     \
    X(ferrite_literate, K, 1, 1)                         \
    X(ferrite_expire, K, 1)                              \
    X(ferrite_pexpire, K, 1)                             \
    X(ferrite_expireat, K, 1)                            \
    X(ferrite_pexpireat, K, 1)                           \
    X(ferrite_pexpireat_with, K, 1, 0)                   \
    X(ferrite_persist, K)                                \
    X(ferrite_ttl, K, NULL)                              \
    X(ferrite_pttl, K, NULL)                             \
    X(ferrite_expiretime, K, NULL)                       \
    X(ferrite_pexpiretime, K, NULL)                      \
    X(ferrite_setex, K, 1, V)                            \
    X(ferrite_psetex, K, 1, V)                           \
    X(ferrite_getex, K, 1, NULL)                         \
    X(ferrite_expire_cycle, 1)                           \
    X(ferrite_hset, K, V, V)                             \
    X(ferrite_hset_many, K, ITEMS)                       \
    X(ferrite_hsetnx, K, V, V)                           \
    X(ferrite_hget, K, V, NULL)                          \
    X(ferrite_hmget, K, ITEMS)                           \
    X(ferrite_hgetall, K, NULL)                          \
    X(ferrite_hkeys, K, NULL)                            \
    X(ferrite_hvals, K, NULL)                            \
    X(ferrite_hdel, K, V)                                \
    X(ferrite_hdel_many, K, ITEMS)                       \
    X(ferrite_hexists, K, V)                             \
    X(ferrite_hstrlen, K, V)                             \
    X(ferrite_hlen, K, NULL)                             \
    X(ferrite_hincrby, K, V, 1, NULL)                    \
    X(ferrite_hincrbyfloat, K, V, 1, NULL)               \
    X(ferrite_hincrbyfloat_text, K, V, V, NULL)          \
    X(ferrite_hrandfield, K, 1, 1, NULL)                 \
    X(ferrite_hscan, K, CURSOR, P, 1, NULL)              \
    X(ferrite_hpexpireat, K, 1, 0, ITEMS, NULL)          \
    X(ferrite_hpexpire, K, 1, 0, ITEMS, NULL)            \
    X(ferrite_hpersist, K, ITEMS, NULL)                  \
    X(ferrite_hpexpiretime, K, ITEMS, NULL)              \
    X(ferrite_hpttl, K, ITEMS, NULL)                     \
    X(ferrite_hiterate, K)                               \
    X(ferrite_hview, K, V, PLACE)                        \
    X(ferrite_sadd, K, V)                                \
    X(ferrite_sadd_many, K, ITEMS)                       \
    X(ferrite_srem, K, V)                                \
    X(ferrite_srem_many, K, ITEMS)                       \
    X(ferrite_sismember, K, V)                           \
    X(ferrite_smismember, K, ITEMS, NULL)                \
    X(ferrite_smembers, K, NULL)                         \
    X(ferrite_scard, K, NULL)                            \
    X(ferrite_spop, K, NULL)                             \
    X(ferrite_spop_many, K, 1, NULL)                     \
    X(ferrite_srandmember, K, NULL)                      \
    X(ferrite_srandmember_many, K, 1, NULL)              \
    X(ferrite_smove, K, V, V)                            \
    X(ferrite_sunion, ITEMS, NULL)                       \
    X(ferrite_sinter, ITEMS, NULL)                       \
    X(ferrite_sdiff, ITEMS, NULL)                        \
    X(ferrite_sunionstore, K, ITEMS, NULL)               \
    X(ferrite_sinterstore, K, ITEMS, NULL)               \
    X(ferrite_sdiffstore, K, ITEMS, NULL)                \
    X(ferrite_sintercard, ITEMS, 1, NULL)                \
    X(ferrite_sscan, K, CURSOR, P, 1, NULL)              \
    X(ferrite_siterate, K)                               \
    X(ferrite_zadd, K, 1, V)                             \
    X(ferrite_zadd_many, K, ZITEMS, 0)                   \
    X(ferrite_zincrby, K, 1, V, NULL)                    \
    X(ferrite_zadd_incr, K, 0, 1, V, NULL)               \
    X(ferrite_zrem, K, V)                                \
    X(ferrite_zrem_many, K, ITEMS)                       \
    X(ferrite_zscore, K, V, NULL)                        \
    X(ferrite_zmscore, K, ITEMS, NULL)                   \
    X(ferrite_zcard, K, NULL)                            \
    X(ferrite_zrank, K, V, NULL, NULL)                   \
    X(ferrite_zrevrank, K, V, NULL, NULL)                \
    X(ferrite_zrange, K, 1, 1, NULL)                     \
    X(ferrite_zrevrange, K, 1, 1, NULL)                  \
    X(ferrite_zrangebyscore, K, 1, 1, NULL)              \
    X(ferrite_zrange_with, K, NULL, NULL)                \
    X(ferrite_zrangestore, K, V, NULL, NULL)             \
    X(ferrite_zcount, K, 1, 1, NULL)                     \
    X(ferrite_zcount_with, K, NULL, NULL)                \
    X(ferrite_zremrange, K, NULL, NULL)                  \
    X(ferrite_zpopmin, K, 1, NULL)                       \
    X(ferrite_zpopmax, K, 1, NULL)                       \
    X(ferrite_zmpop, ITEMS, 1, 1, NULL, NULL)            \
    X(ferrite_zrandmember, K, 1, NULL)                   \
    X(ferrite_zscan, K, CURSOR, P, 1, NULL)              \
    X(ferrite_zcombine, 1, ITEMS, NULL, 1, NULL)         \
    X(ferrite_zcombinestore, 1, K, ITEMS, NULL, 1, NULL) \
    X(ferrite_zintercard, ITEMS, 1, NULL)                \
    X(ferrite_ziterate, K, NULL)                         \
    X(ferrite_sort, K, NULL, NULL)                       \
    X(ferrite_sort_store, K, NULL, V, NULL)              \
    X(ferrite_iterate, NULL)                             \
    X(ferrite_view, K, PLACE)                            \
    X(ferrite_view_at, K, 1, PLACE)                      \
    X(ferrite_info, NULL)                                \
    X(ferrite_stats_reset)                               \
    X(ferrite_keyspace_info, NULL)                       \
    X(ferrite_latency_get, 1, NULL)                      \
    X(ferrite_latency_reset, 1)                          \
    X(ferrite_config_get, ITEMS, NULL)                   \
    X(ferrite_config_set, ITEMS)                         \
    X(ferrite_checkpoint)                                \
    X(ferrite_check, NULL, NULL)                         \
    X(ferrite_compact, NULL, NULL)                       \
    X(ferrite_backup, NULL, NULL)                        \
    X(ferrite_save, NULL)                                \
    X(ferrite_bgsave, NULL, NULL, NULL)                  \
    X(ferrite_lastsave, NULL)                            \
    X(ferrite_load, NULL, NULL)                          \
    X(ferrite_command, ARGV)                             \
    X(ferrite_session_open)

#endif
