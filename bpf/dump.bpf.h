/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * dump.bpf.h - our own state in the kernel's debug dump: at an eviction, and on SysRq-D.
 *
 * Called with interrupts off, so that some lock may be held by whom we interrupted: none is waited
 * for. What the process has written is shown as it is.
 */
#ifndef SCXU_DUMP_BPF_H
#define SCXU_DUMP_BPF_H

/* The kernel wants the format in memory that is not read-only. */
#define dump(fmt, args...)                                               \
	do {                                                             \
		static char ___fmt[] = "scxuser: " fmt "\n";             \
		unsigned long long ___values[___bpf_narg(args)];         \
		___bpf_fill(___values, args);                            \
		scx_bpf_dump_bstr(___fmt, ___values, sizeof(___values)); \
	} while (0)

#define NSEC_PER_USEC 1000ULL

static __always_inline u64 us_since(u64 since_ns)
{
	s64 ns = bpf_ktime_get_ns() - since_ns;

	return ns > 0 ? ns / NSEC_PER_USEC : 0;
}

/* How long the oldest of the tasks that CPU @cpu announced waits for an answer; 0 = none does. */
static __noinline u64 dump_custody_us(u32 cpu)
{
	struct cpu *c = cpu_state(cpu);
	struct slot *s;
	u64 us = 0;
	u32 tail;

	if (!c || !custody_trylock(c, &tail))
		return 0;
	s = custody_oldest(c, cpu, tail);
	if (s)
		us = us_since(s->enqueue_ns);
	custody_unlock(c);
	return us;
}

static __noinline void dump_own_queues(void)
{
	struct own_queue *q;
	u32 nr;

	bpf_for(nr, 0, READ_ONCE(nr_own_queues)) {
		q = own_queue(nr);
		if (q)
			dump("queue=%u name=%s nr_queued=%d orphan=%u", nr + 1, (u64)q->name,
			     scx_bpf_dsq_nr_queued(DSQ_QUEUES + nr), q->orphan);
	}
}

SEC("struct_ops/scxu_dump")
void BPF_PROG(scxu_dump, struct scx_dump_ctx *d)
{
	u64 now = bpf_ktime_get_ns();

	use_arena();
	dump("in_fallback=%u since_us=%llu nr_fallbacks=%llu fallback_us=%llu max_fallback_us=%llu",
	     in_fallback, in_fallback ? us_since(fallback.since_ns) : 0, shm->nr_fallbacks,
	     shm->fallback_ns / NSEC_PER_USEC, shm->max_fallback_ns / NSEC_PER_USEC);
	dump("cause=%u nr_repeated=%u hold_us=%llu", fallback.cause, fallback.nr_repeated,
	     fallback.hold_ns / NSEC_PER_USEC);
	dump("worker=%d needed=%u since_us=%llu parked=%u blocked=%u nr_rounds=%u", worker_pid,
	     worker.needed, worker.needed ? us_since(worker.needed_ns) : 0, worker.parked,
	     shm->blocked, shm->nr_rounds);
	dump("decisions: written=%u read=%u", shm->decision_tail, drained);
	dump("custody: oldest_us=%llu", custody_age_ns(now) / NSEC_PER_USEC);
	dump("nr_tasks=%llu", shm->nr_tasks);
	dump_own_queues();
}

/* Without a word from us the kernel leaves out a CPU that is idle. */
SEC("struct_ops/scxu_dump_cpu")
void BPF_PROG(scxu_dump_cpu, struct scx_dump_ctx *d, s32 cpu, bool idle)
{
	u64 oldest_us = dump_custody_us(cpu);
	struct cpu *c = cpu_state(cpu);
	u32 unread, nr_custody;

	if (!c)
		return;
	use_arena();
	unread = c->custody_tail - shm_cpus[cpu].head;
	nr_custody = c->custody_tail - c->custody_head;
	if (idle && !unread && !oldest_us)
		return;
	dump("announced=%u unread=%u custody=%u oldest_us=%llu offline=%u", c->custody_tail, unread,
	     nr_custody, oldest_us, c->offline);
}

SEC("struct_ops/scxu_dump_task")
void BPF_PROG(scxu_dump_task, struct scx_dump_ctx *d, struct task_struct *p)
{
	u32 slot = 0, pending;
	struct slot *s = task_slot(p, &slot);

	if (is_kernels(p)) {
		dump("the kernel half's, worker=%u", is_worker(p));
	} else if (!s) {
		dump("slot=%d", -1);
	} else {
		pending = s->pending;
		dump("slot=%u generation=%u pending=%u since_us=%llu", slot, s->generation, pending,
		     pending ? us_since(s->enqueue_ns) : 0);
	}
}

#endif
