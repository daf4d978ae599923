#include "ckernels.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#if defined(__x86_64__)
#define RELAX() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define RELAX() __asm__ volatile("yield")
#else
#define RELAX() ((void)0)
#endif

/// Each worker has a share of the pieces, in order, so that it reads ascending memory; who has finished his own takes from the ends of the others'.
/// One word says which run it belongs to and what is left, so that taking a piece is one atomic step and a helper that wakes late can never
/// touch a run that is over: run:24 | end:20 | next:20.
#define END_OF(word) (uint32_t)(((word) >> 20) & 0xfffff)
#define NEXT_OF(word) (uint32_t)((word) & 0xfffff)
typedef struct {
  _Alignas(128) _Atomic uint64_t word;
} share;
/// About 50 µs: longer than the serial work between two runs and than the last piece of one, far shorter than a time slice. Waking a sleeper costs as
/// much again, more in a virtual machine, and a forward pass has two hundred runs.
enum { SPINS = 4000 };
/// When the caller lay blocked for more than 3/10 of a window, a core is shared with a neighbour: a helper that the system takes off it holds up
/// every run. One helper less is then faster. It is tried again after some windows, after twice as many each time that it fails.
enum { WINDOW_NS = 200 * 1000 * 1000, FIRST_PATIENCE = 8, LAST_PATIENCE = 128 };

struct wk_pool {
  /// Number of the run that is on, or was last.
  _Alignas(128) _Atomic uint64_t run;
  _Alignas(128) _Atomic uint32_t finished;
  /// Read only while holding a piece of the run.
  _Alignas(128) void (*body)(void *, uint32_t, uint32_t);
  void *context;
  uint32_t count;
  uint32_t threads;
  share *shares;
  _Atomic uint32_t sleepers;
  /// Workers that take pieces; the others are parked.
  _Atomic uint32_t active;
  /// Of the window that is on, for the caller only.
  uint64_t window_start, blocked;
  uint32_t windows, patience;
  _Atomic int caller_waits;
  _Atomic int stop;
  pthread_mutex_t lock;
  pthread_cond_t work, done, parked;
  pthread_t *helpers;
};

static uint64_t nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

typedef struct {
  wk_pool *pool;
  uint32_t worker;
} helper;

/// Takes pieces of a share until none is left, from its beginning or its end. `body`, `context` and `count` are read only while holding a piece, and the
/// run cannot end before that piece does.
static void take_from(wk_pool *p, share *s, int from_end, uint32_t worker) {
  uint64_t word = atomic_load_explicit(&s->word, memory_order_acquire);
  while (NEXT_OF(word) < END_OF(word)) {
    const uint64_t taken = from_end ? word - ((uint64_t)1 << 20) : word + 1;
    if (!atomic_compare_exchange_weak_explicit(&s->word, &word, taken, memory_order_acq_rel, memory_order_acquire)) continue;
    const uint32_t count = p->count;
    p->body(p->context, from_end ? END_OF(word) - 1 : NEXT_OF(word), worker);
    // Sequentially consistent with caller_waits: either we see that the caller waits or it sees our count.
    if (atomic_fetch_add(&p->finished, 1) + 1 == count && atomic_load(&p->caller_waits)) {
      pthread_mutex_lock(&p->lock);
      pthread_cond_signal(&p->done);
      pthread_mutex_unlock(&p->lock);
    }
    word = atomic_load_explicit(&s->word, memory_order_acquire);
  }
}

static void take_pieces(wk_pool *p, uint32_t worker) {
  take_from(p, &p->shares[worker], 0, worker);
  for (uint32_t i = 1; i < p->threads; i++) take_from(p, &p->shares[(worker + i) % p->threads], 1, worker);
}

static void *help(void *argument) {
  const helper h = *(helper *)argument;
  free(argument);
  wk_pool *p = h.pool;
  uint64_t seen = 0;
  while (!atomic_load_explicit(&p->stop, memory_order_relaxed)) {
    if (h.worker < atomic_load(&p->active)) {
      int spins = SPINS;
      while (spins-- && atomic_load(&p->run) == seen) RELAX();
      const uint64_t run = atomic_load(&p->run);
      if (run != seen) {
        seen = run;
        take_pieces(p, h.worker);
        continue;
      }
    }
    pthread_mutex_lock(&p->lock);
    if (h.worker >= atomic_load(&p->active)) {
      if (!atomic_load(&p->stop)) pthread_cond_wait(&p->parked, &p->lock);
    } else {
      atomic_fetch_add(&p->sleepers, 1);
      while (atomic_load(&p->run) == seen && !atomic_load(&p->stop)) pthread_cond_wait(&p->work, &p->lock);
      atomic_fetch_sub(&p->sleepers, 1);
    }
    pthread_mutex_unlock(&p->lock);
  }
  return NULL;
}

wk_pool *wk_pool_create(uint32_t threads) {
  wk_pool *p = NULL;
  if (posix_memalign((void **)&p, 128, sizeof(wk_pool))) return NULL;
  if (threads < 1) threads = 1;
  atomic_init(&p->run, 0);
  atomic_init(&p->finished, 0);
  atomic_init(&p->sleepers, 0);
  atomic_init(&p->caller_waits, 0);
  atomic_init(&p->stop, 0);
  p->shares = NULL;
  p->threads = 1;
  atomic_init(&p->active, 1);
  p->window_start = nanoseconds();
  p->blocked = 0;
  p->windows = 0;
  p->patience = FIRST_PATIENCE;
  p->helpers = calloc(threads, sizeof(pthread_t));
  if (!p->helpers || posix_memalign((void **)&p->shares, 128, threads * sizeof(share))) {
    free(p->helpers);
    free(p);
    return NULL;
  }
  for (uint32_t i = 0; i < threads; i++) atomic_init(&p->shares[i].word, 0);
  pthread_mutex_init(&p->lock, NULL);
  pthread_cond_init(&p->work, NULL);
  pthread_cond_init(&p->done, NULL);
  pthread_cond_init(&p->parked, NULL);
  while (p->threads < threads) {
    helper *h = malloc(sizeof(helper));
    if (!h) break;
    *h = (helper){p, p->threads};
    if (pthread_create(&p->helpers[p->threads - 1], NULL, help, h)) {
      free(h);
      break;
    }
    p->threads++;
    atomic_store(&p->active, p->threads);
  }
  return p;
}

void wk_pool_destroy(wk_pool *p) {
  pthread_mutex_lock(&p->lock);
  atomic_store(&p->stop, 1);
  pthread_cond_broadcast(&p->work);
  pthread_cond_broadcast(&p->parked);
  pthread_mutex_unlock(&p->lock);
  for (uint32_t i = 0; i + 1 < p->threads; i++) pthread_join(p->helpers[i], NULL);
  pthread_cond_destroy(&p->work);
  pthread_cond_destroy(&p->done);
  pthread_cond_destroy(&p->parked);
  pthread_mutex_destroy(&p->lock);
  free(p->shares);
  free(p->helpers);
  free(p);
}

uint32_t wk_pool_threads(const wk_pool *p) { return p->threads; }

/// After a run: one worker less when a neighbour holds the helpers up, one more when that may be over.
static void adapt(wk_pool *p) {
  const uint64_t now = nanoseconds(), elapsed = now - p->window_start;
  if (elapsed < WINDOW_NS) return;
  const uint32_t active = atomic_load(&p->active);
  if (p->blocked > elapsed / 10 * 3 && active > 1) {
    atomic_store(&p->active, active - 1);
    p->windows = 0;
  } else if (active < p->threads) {
    if (++p->windows >= p->patience) {
      if (p->patience < LAST_PATIENCE) p->patience *= 2;
      p->windows = 0;
      pthread_mutex_lock(&p->lock);
      atomic_store(&p->active, active + 1);
      pthread_cond_broadcast(&p->parked);
      pthread_mutex_unlock(&p->lock);
    }
  } else if (p->patience > FIRST_PATIENCE && ++p->windows >= LAST_PATIENCE) {
    p->patience = FIRST_PATIENCE;
    p->windows = 0;
  }
  p->window_start = now;
  p->blocked = 0;
}

static void wait_for_helpers(wk_pool *p, uint32_t count) {
  for (int spins = SPINS; spins && atomic_load(&p->finished) != count; spins--) RELAX();
  if (atomic_load(&p->finished) == count) return;
  const uint64_t start = nanoseconds();
  pthread_mutex_lock(&p->lock);
  atomic_store(&p->caller_waits, 1);
  while (atomic_load(&p->finished) != count) pthread_cond_wait(&p->done, &p->lock);
  atomic_store(&p->caller_waits, 0);
  pthread_mutex_unlock(&p->lock);
  p->blocked += nanoseconds() - start;
}

void wk_pool_run(wk_pool *p, uint32_t count, void (*body)(void *, uint32_t, uint32_t), void *context) {
  if (!count) return;
  if (p->threads == 1 || count == 1 || atomic_load(&p->active) == 1) {
    for (uint32_t i = 0; i < count; i++) body(context, i, 0);
    if (p->threads > 1) adapt(p);
    return;
  }
  p->body = body;
  p->context = context;
  atomic_store(&p->finished, 0);
  p->count = count;
  const uint64_t run = atomic_load(&p->run) + 1;
  const uint32_t active = atomic_load(&p->active);
  for (uint32_t i = 0; i < active; i++) {
    const uint64_t next = (uint64_t)count * i / active, end = (uint64_t)count * (i + 1) / active;
    atomic_store(&p->shares[i].word, (run & 0xffffff) << 40 | end << 20 | next);
  }
  atomic_store(&p->run, run);
  if (atomic_load(&p->sleepers)) {
    pthread_mutex_lock(&p->lock);
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
  }
  take_pieces(p, 0);
  wait_for_helpers(p, count);
  adapt(p);
}
