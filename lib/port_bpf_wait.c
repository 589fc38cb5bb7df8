// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* port_bpf_wait.c - the end of a round: park the thread, or have it sleep on the doorbell. */
#include <errno.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "port_bpf.h"
#include "scxu.skel.h"

static int heard(void *ctx, void *data, size_t size)
{
	return 0;
}

int port_bpf_map_doorbell(struct scxu *s)
{
	struct port_bpf *p = port_of(s);
	struct epoll_event event = { .events = EPOLLIN };
	int err;

	p->doorbell = ring_buffer__new(bpf_map__fd(p->skel->maps.doorbell), heard, NULL, NULL);
	p->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->doorbell && p->stop_fd >= 0 &&
	    !epoll_ctl(ring_buffer__epoll_fd(p->doorbell), EPOLL_CTL_ADD, p->stop_fd, &event))
		return 0;
	err = -errno;
	scxu_error(s, "cannot make the doorbell: %s", strerror(-err));
	return err;
}

/* Only this thread writes, others read. */
static void count_one(uint64_t *nr)
{
	__atomic_store_n(nr, *nr + 1, __ATOMIC_RELAXED);
}

static void park(struct port_bpf *p, enum scxu_shm_park how)
{
	struct scxu_shm *shm = p->view.shm;

	__atomic_store_n(&shm->parked, how, __ATOMIC_RELEASE);
	count_one(&p->nr_syscalls);
	sched_yield();
	__atomic_store_n(&shm->parked, SCXU_PARK_NO, __ATOMIC_RELEASE);
}

static bool is_needed(const struct port_bpf *p)
{
	return __atomic_load_n(&p->view.shm->needed, __ATOMIC_RELAXED);
}

/*
 * Yield before we sleep. The doorbell rings for the first announcement of a round only, and there
 * has been one; or nobody has given up the CPU since we listened last, so that what was decided
 * then is not carried out.
 */
static bool must_yield(const struct port_bpf *p)
{
	uint32_t head = __atomic_load_n(&p->view.shm->decision_head, __ATOMIC_RELAXED);

	return is_needed(p) || (int32_t)(head - p->listened_tail) < 0;
}

/*
 * From now on the doorbell rings when there is something to decide. False if there is already. We
 * say so first and look after; the kernel half does it the other way round, so one of us sees the
 * other.
 */
static bool listen(struct port_bpf *p)
{
	struct scxu_shm *shm = p->view.shm;

	p->listened_tail = shm->decision_tail;
	ring_buffer__consume(p->doorbell);
	__atomic_store_n(&shm->blocked, 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!is_needed(p) && !shm_pending(&p->view) &&
	    !__atomic_load_n(&shm->exit_kind, __ATOMIC_RELAXED))
		return true;
	__atomic_store_n(&shm->blocked, 0, __ATOMIC_RELAXED);
	return false;
}

static void stop_listening(struct port_bpf *p)
{
	__atomic_store_n(&p->view.shm->blocked, 0, __ATOMIC_RELEASE);
}

/* Having said so. */
static int block(struct port_bpf *p, int64_t timeout_ns)
{
	struct epoll_event event;
	int timeout_ms = -1, err = 0;

	if (timeout_ns >= 0)
		timeout_ms = (timeout_ns + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
	count_one(&p->nr_syscalls);
	count_one(&p->nr_blocked);
	if (epoll_wait(ring_buffer__epoll_fd(p->doorbell), &event, 1, timeout_ms) < 0)
		err = -errno;
	stop_listening(p);
	return err;
}

static int sleep_on_doorbell(struct port_bpf *p, int64_t timeout_ns)
{
	if (must_yield(p)) {
		park(p, SCXU_PARK_BRIEFLY);
		return 0;
	}
	return listen(p) ? block(p, timeout_ns) : 0;
}

/* Who parks is back when there is something to decide, or after some looks of the guard. */
static bool is_short(struct scxu *s, int64_t timeout_ns)
{
	return timeout_ns >= 0 && timeout_ns < 2 * (int64_t)(s->opts.fallback_ms * NSEC_PER_MSEC);
}

static bool may_block(const struct port_bpf *p)
{
	return __atomic_load_n(&p->view.shm->may_block, __ATOMIC_RELAXED);
}

static void end_round(struct port_bpf *p)
{
	struct scxu_shm *shm = p->view.shm;

	p->view.busy = false;
	p->own_cpu = -1;
	__atomic_store_n(&shm->nr_rounds, shm->nr_rounds + 1, __ATOMIC_RELEASE);
}

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static void look_for_fallback(struct scxu *s)
{
	struct port_bpf *p = port_of(s);
	const struct scxu_shm *shm = p->view.shm;
	uint32_t nr_over = __atomic_load_n(&shm->nr_over, __ATOMIC_ACQUIRE);
	uint64_t total_ns;

	if (nr_over == p->nr_over)
		return;
	total_ns = __atomic_load_n(&shm->fallback_ns, __ATOMIC_RELAXED);
	scxu_tell_of_fallbacks(s, monotonic_ns(), nr_over - p->nr_over,
			       __atomic_load_n(&shm->last_cause, __ATOMIC_RELAXED),
			       total_ns - p->told_fallback_ns);
	p->nr_over = nr_over;
	p->told_fallback_ns = total_ns;
}

int port_bpf_wait(struct scxu *s, int64_t timeout_ns, bool pending)
{
	struct port_bpf *p = port_of(s);
	bool busy = p->view.busy;
	int err = 0;

	end_round(p);
	if (timeout_ns && !pending && (is_short(s, timeout_ns) || (!busy && may_block(p))))
		err = sleep_on_doorbell(p, timeout_ns);
	else
		park(p, pending || !timeout_ns ? SCXU_PARK_NO : SCXU_PARK);
	look_for_fallback(s);
	return err;
}

int port_bpf_fd(struct scxu *s)
{
	return ring_buffer__epoll_fd(port_of(s)->doorbell);
}

bool port_bpf_arm(struct scxu *s)
{
	struct port_bpf *p = port_of(s);

	end_round(p);
	look_for_fallback(s);
	if (must_yield(p))
		park(p, SCXU_PARK_BRIEFLY);
	return listen(p);
}

void port_bpf_disarm(struct scxu *s)
{
	stop_listening(port_of(s));
}

void port_bpf_wake(struct scxu *s)
{
	uint64_t one = 1;
	ssize_t nr = write(port_of(s)->stop_fd, &one, sizeof(one));

	(void)nr; /* full means that it wakes already */
}

/* Until a signal comes, or, with @spin, a stop. */
void port_bpf_hold_up(struct scxu *s, uint64_t ns, bool spin)
{
	uint64_t end_ns = monotonic_ns() + ns;
	struct timespec end = { end_ns / NSEC_PER_SEC, end_ns % NSEC_PER_SEC };

	if (!spin)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL);
	while (spin && monotonic_ns() < end_ns && !__atomic_load_n(&s->stopped, __ATOMIC_RELAXED))
		;
}

/* Without a look at what there is. That the kernel half has ended is said by the bell, but once. */
static int block_again(struct port_bpf *p, int64_t timeout_ns)
{
	struct scxu_shm *shm = p->view.shm;

	__atomic_store_n(&shm->blocked, 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&shm->exit_kind, __ATOMIC_RELAXED))
		return block(p, timeout_ns);
	stop_listening(p);
	return 0;
}

/*
 * The kernel half believes that a round has begun. So what rings next is the next announcement, or the
 * guard, when the fallback has taken over; and who parks is also let go after some of its looks.
 */
int port_bpf_sleep_through(struct scxu *s, int64_t timeout_ns)
{
	struct port_bpf *p = port_of(s);
	uint64_t nr_blocked = p->nr_blocked;
	int err = port_bpf_wait(s, timeout_ns, false);

	if (err || scxu_exited(s))
		return err;
	if (p->nr_blocked == nr_blocked) {
		if (!is_short(s, timeout_ns))
			park(p, SCXU_PARK);
		return 0;
	}
	/* Or its time was over. */
	return ring_buffer__consume(p->doorbell) > 0 ? block_again(p, timeout_ns) : 0;
}
