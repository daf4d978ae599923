#include "ckernels.h"
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

struct wk_event {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int is_set;
};

wk_event *wk_event_create(void) {
  wk_event *e = calloc(1, sizeof(wk_event));
  if (!e) return NULL;
  pthread_mutex_init(&e->lock, NULL);
  pthread_cond_init(&e->changed, NULL);
  return e;
}

void wk_event_destroy(wk_event *e) {
  pthread_cond_destroy(&e->changed);
  pthread_mutex_destroy(&e->lock);
  free(e);
}

void wk_event_set(wk_event *e) {
  pthread_mutex_lock(&e->lock);
  e->is_set = 1;
  pthread_cond_signal(&e->changed);
  pthread_mutex_unlock(&e->lock);
}

void wk_event_wait(wk_event *e) {
  pthread_mutex_lock(&e->lock);
  while (!e->is_set) pthread_cond_wait(&e->changed, &e->lock);
  e->is_set = 0;
  pthread_mutex_unlock(&e->lock);
}

typedef struct {
  void (*body)(void *);
  void *context;
} start;

static void *begin(void *argument) {
  const start s = *(start *)argument;
  free(argument);
  s.body(s.context);
  return NULL;
}

int wk_thread_start(void (*body)(void *), void *context) {
  start *s = malloc(sizeof(start));
  if (!s) return ENOMEM;
  *s = (start){body, context};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // Closures of a forward pass nest deeper than the small default of some systems.
  pthread_attr_setstacksize(&attributes, 4 << 20);
  pthread_t thread;
  const int status = pthread_create(&thread, &attributes, begin, s);
  pthread_attr_destroy(&attributes);
  if (status) free(s);
  return status;
}

int wk_populate(const void *address, size_t bytes) {
#if defined(__linux__)
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
  return madvise((void *)(uintptr_t)address, bytes, MADV_POPULATE_READ);
#else
  return madvise((void *)(uintptr_t)address, bytes, MADV_WILLNEED);
#endif
}

void wk_advise_huge_pages(const void *address, size_t bytes, int wanted) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  // The range may begin and end anywhere; the call wants whole pages.
  const uintptr_t page = 4096, first = ((uintptr_t)address + page - 1) & ~(page - 1), last = ((uintptr_t)address + bytes) & ~(page - 1);
  if (first < last) madvise((void *)first, last - first, wanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#else
  (void)address, (void)bytes, (void)wanted;
#endif
}
