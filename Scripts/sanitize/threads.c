#include "harness.h"
#include <stdatomic.h>

typedef struct {
  wk_event *event;
  atomic_int rounds;
} meeting;

static void count_item(void *context, uint32_t item, uint32_t worker) {
  (void)worker;
  // Each item owns its place: two workers on one item would be a race, which the thread sanitizer names.
  ((uint32_t *)context)[item]++;
}

static void wake(void *context) {
  meeting *m = context;
  atomic_fetch_add(&m->rounds, 1);
  wk_event_set(m->event);
}

void check_threads(void) {
  static uint32_t counts[257];
  for (uint32_t threads = 0; threads <= 5; threads++) {
    wk_pool *pool = wk_pool_create(threads);
    CHECK(pool && wk_pool_threads(pool) >= 1, "no pool of %u", threads);
    if (!pool) continue;
    for (uint32_t round = 0; round < 300; round++) {
      const uint32_t items = round % 7 == 0 ? round % 2 : round % 257;
      memset(counts, 0, sizeof counts);
      wk_pool_run(pool, items, count_item, counts);
      for (uint32_t i = 0; i < 257; i++) CHECK(counts[i] == (i < items), "item %u of %u ran %u times", i, items, counts[i]);
    }
    wk_pool_destroy(pool);
  }
  meeting m = {.event = wk_event_create()};
  CHECK(m.event != NULL, "no event");
  for (int round = 0; m.event && round < 50; round++) {
    CHECK(!wk_thread_start(wake, &m), "no thread");
    wk_event_wait(m.event);
    CHECK(atomic_load(&m.rounds) == round + 1, "woken before the other side was done");
  }
  // The last thread may still hold the event's lock for a moment; destroying is for after it, so the process ends with it instead.
}
