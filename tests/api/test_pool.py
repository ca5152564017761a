from __future__ import annotations

import asyncio
import contextvars
import threading
import time

import pytest

from chitieu.api.pool import GivenUp, Pool
from chitieu.errors import ServiceBusy, ServiceStopping, TextTooLong, TooSlow
from chitieu.settings import Settings
from fakes import fake_pipeline

WAIT = 20


class Held:
    """Work that lasts until it is let go, and tells the pool now and then how far it is."""

    def __init__(self, name="", order=None):
        self.name = name
        self.order = order if order is not None else []
        self.began, self.go_on, self.gave_up = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, progress):
        self.order.append(self.name)
        self.began.set()
        try:
            for done in range(WAIT * 1000):
                if self.go_on.wait(0.001):
                    return self.name
                progress(done, 0)
        except GivenUp:
            self.gave_up.set()
            raise
        raise AssertionError("never let go")


def with_pool(test, **settings):
    """Run an asynchronous test with a pool that is closed in the end."""

    async def run():
        pool = Pool(Settings(**({"threads": 2} | settings)))
        try:
            async with asyncio.timeout(WAIT):
                await test(pool)
        finally:
            pool.close()

    asyncio.run(run())


async def begun(*works):
    for work in works:
        assert await asyncio.to_thread(work.began.wait, WAIT)


async def until(condition):
    while not condition():
        await asyncio.sleep(0.001)


def hasten(pool, seconds):
    """Let the texts that come from now on have no more time than this."""
    pool._settings = pool._settings.model_copy(update={"request_seconds": seconds})


def start(pool, work, **how):
    return asyncio.create_task(pool.run(work, **({"characters": 10} | how)))


async def started(pool, *works, **how):
    """Tasks of works that came in this order."""
    tasks = []
    for work in works:
        tasks.append(start(pool, work, **how))
        await asyncio.sleep(0)
    return tasks


def test_what_the_work_gives_or_raises_is_the_callers():
    async def test(pool):
        assert await pool.run(lambda progress: 7, characters=1) == 7

        def fails(progress):
            raise TextTooLong("too long", limit=3)

        with pytest.raises(TextTooLong):
            await pool.run(fails, characters=1)

        def stops(progress):
            raise StopIteration

        with pytest.raises((StopIteration, RuntimeError)):
            await pool.run(stops, characters=1)
        assert (pool.running, pool.waiting) == (0, 0)

    with_pool(test)


def test_a_timeout_of_the_works_own_is_not_taken_for_the_pools():
    async def test(pool):
        def fails(progress):
            raise TimeoutError("the disk")

        with pytest.raises(TimeoutError, match="the disk"):
            await pool.run(fails, characters=1)

    with_pool(test)


def test_it_runs_in_threads_of_its_own_with_the_callers_context():
    name = contextvars.ContextVar("name")

    async def test(pool):
        name.set("request 7")
        thread, value = await pool.run(lambda progress: (threading.current_thread().name, name.get()), characters=1)
        assert thread.startswith("read-text")
        assert value == "request 7"

    with_pool(test)


def test_as_many_run_as_there_are_threads_and_the_rest_in_order():
    async def test(pool):
        order = []
        works = [Held(n, order) for n in range(5)]
        tasks = await started(pool, *works)
        await begun(works[0], works[1])
        assert (pool.running, pool.waiting) == (2, 3)
        for work in works:
            work.go_on.set()
        assert await asyncio.gather(*tasks) == [0, 1, 2, 3, 4]
        assert order[2:] == [2, 3, 4] and sorted(order[:2]) == [0, 1]
        assert (pool.running, pool.waiting) == (0, 0)

    with_pool(test)


def test_one_too_many_is_told_when_to_come_again():
    async def test(pool):
        works = [Held(n) for n in range(4)]
        tasks = await started(pool, *works)
        with pytest.raises(ServiceBusy) as busy:
            await pool.run(lambda progress: None, characters=1)
        assert 1 <= busy.value.retry_after <= 60
        assert busy.value.status == 429
        for work in works:
            work.go_on.set()
        await asyncio.gather(*tasks)
        assert await pool.run(lambda progress: "again", characters=1) == "again"

    with_pool(test, room=2)


@pytest.mark.parametrize(("seconds", "want"), [(0.001, 1), (10.0, 20), (500.0, 60)])
def test_the_advice_grows_with_the_time_that_texts_take(seconds, want):
    async def test(pool):
        pool._recent.extend([seconds] * 3)
        works = [Held(n) for n in range(4)]
        tasks = await started(pool, *works)
        with pytest.raises(ServiceBusy) as busy:
            await pool.run(lambda progress: None, characters=1)
        assert busy.value.detail["retry_after"] == want
        for work in works:
            work.go_on.set()
        await asyncio.gather(*tasks)

    with_pool(test, room=2)


def test_a_batchs_texts_wait_for_room_and_let_others_go_first():
    async def test(pool):
        order = []
        first = Held("first", order)
        patient = [Held(f"batch{n}", order) for n in range(3)]
        hurried = [Held(f"one{n}", order) for n in range(2)]
        (running,) = await started(pool, first)
        await begun(first)
        tasks = await started(pool, *patient, wait=True)
        tasks += await started(pool, *hurried)
        assert pool.waiting == 5
        for work in (first, *patient, *hurried):
            work.go_on.set()
        await asyncio.gather(running, *tasks)
        assert order == ["first", "one0", "one1", "batch0", "batch1", "batch2"]

    with_pool(test, threads=1, room=2)


def test_a_batch_gets_on_however_many_others_come():
    async def test(pool):
        order = []
        first = Held("first", order)
        batch = Held("batch", order)
        hurried = [Held(n, order) for n in range(8)]
        tasks = await started(pool, first, batch, wait=True)
        await begun(first)
        tasks += await started(pool, *hurried)
        for work in (first, batch, *hurried):
            work.go_on.set()
        await asyncio.gather(*tasks)
        assert order.index("batch") == 5

    with_pool(test, threads=1)


def test_long_texts_leave_a_thread_to_the_others():
    async def test(pool):
        order = []
        long = [Held(f"long{n}", order) for n in range(3)]
        short = [Held(f"short{n}", order) for n in range(2)]
        tasks = await started(pool, *long, characters=50_000)
        await begun(long[0])
        tasks += await started(pool, *short, characters=49_999)
        await begun(short[0])
        assert (pool.running, pool.waiting) == (2, 3)
        short[0].go_on.set()
        await begun(short[1])
        long[0].go_on.set()
        await begun(long[1])
        assert not long[2].began.is_set()
        for work in (*long, *short):
            work.go_on.set()
        await asyncio.gather(*tasks)
        assert [name for name in order if name.startswith("long")] == ["long0", "long1", "long2"]

    with_pool(test)


def test_one_thread_reads_long_texts_too():
    async def test(pool):
        assert await pool.run(lambda progress: "long", characters=90_000) == "long"

    with_pool(test, threads=1)


def test_a_text_that_takes_too_long_is_given_up_and_its_thread_set_free():
    async def test(pool):
        work = Held()
        hasten(pool, 0.05)
        with pytest.raises(TooSlow) as slow:
            await pool.run(work, characters=1)
        assert slow.value.detail == {"seconds": 0.05}
        assert await asyncio.to_thread(work.gave_up.wait, WAIT)
        await until(lambda: pool.running == 0)

    with_pool(test)


def test_waiting_counts_and_what_was_given_up_while_it_waited_is_never_begun():
    async def test(pool):
        first, second = Held(), Held()
        tasks = await started(pool, first)
        await begun(first)
        hasten(pool, 0.1)
        with pytest.raises(TooSlow):
            await pool.run(second, characters=1)
        assert pool.waiting == 0
        first.go_on.set()
        await asyncio.gather(*tasks)
        assert not second.began.is_set()

    with_pool(test, threads=1)


def test_a_batchs_time_counts_from_when_it_is_begun():
    async def test(pool):
        first, patient = Held("first"), Held("patient")
        tasks = await started(pool, first)
        hasten(pool, 0.2)
        tasks += await started(pool, patient, wait=True)
        await asyncio.sleep(0.4)
        first.go_on.set()
        await begun(patient)
        with pytest.raises(TooSlow):
            await tasks[1]
        assert await tasks[0] == "first"

    with_pool(test, threads=1)


def test_a_client_that_leaves_frees_its_place_and_its_thread():
    async def test(pool):
        works = [Held(n) for n in range(3)]
        tasks = await started(pool, *works)
        await begun(works[0])
        tasks[1].cancel()
        await asyncio.gather(tasks[1], return_exceptions=True)
        assert tasks[1].cancelled() and pool.waiting == 1
        tasks[0].cancel()
        assert await asyncio.to_thread(works[0].gave_up.wait, WAIT)
        await begun(works[2])
        works[2].go_on.set()
        assert await tasks[2] == 2
        assert not works[1].began.is_set()

    with_pool(test, threads=1)


def test_the_real_way_stops_where_it_tells_its_progress():
    async def test(pool):
        pipeline = fake_pipeline()
        reached = threading.Event()

        def work(progress):
            def slowly(done, of):
                if done:
                    reached.set()
                    while True:
                        progress(done, of)
                        time.sleep(0.001)
                progress(done, of)

            return pipeline.extract("Thu ngân sách đạt 16 tỷ đồng.", progress=slowly)

        task = start(pool, work)
        assert await asyncio.to_thread(reached.wait, WAIT)
        task.cancel()
        await until(lambda: pool.running == 0)
        answer = await pool.run(
            lambda progress: pipeline.extract("Thu ngân sách đạt 16 tỷ đồng.", progress=progress), characters=29
        )
        assert len(answer.figures) == 1

    with_pool(test)


def test_observers_are_told_of_every_text():
    async def test(pool):
        told = []
        pool.observers.append(lambda **of: told.append(of))
        works = [Held(n) for n in range(2)]
        tasks = await started(pool, *works, characters=17)
        await begun(works[0])
        await asyncio.sleep(0.05)
        for work in works:
            work.go_on.set()
        await asyncio.gather(*tasks)
        await until(lambda: len(told) == 2)
        assert [t["characters"] for t in told] == [17, 17]
        assert told[0]["waited"] < 0.04 <= told[0]["worked"]
        assert told[1]["waited"] >= 0.04

    with_pool(test, threads=1)


def test_draining_finishes_what_was_taken_and_takes_nothing_new():
    async def test(pool):
        works = [Held(n) for n in range(3)]
        tasks = await started(pool, *works)
        await begun(works[0])
        draining = asyncio.create_task(pool.drain(WAIT))
        await asyncio.sleep(0)
        with pytest.raises(ServiceBusy):
            await pool.run(lambda progress: None, characters=1)
        assert not draining.done()
        for work in works:
            work.go_on.set()
        assert await asyncio.gather(*tasks) == [0, 1, 2]
        await draining

    with_pool(test, threads=1)


def test_draining_ends_in_its_time_and_leaves_nobody_hanging():
    async def test(pool):
        works = [Held(n) for n in range(3)]
        tasks = await started(pool, *works)
        await begun(works[0])
        begin = time.monotonic()
        await pool.drain(0.1)
        assert time.monotonic() - begin < 5
        for answer in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(answer, ServiceStopping)
        assert await asyncio.to_thread(works[0].gave_up.wait, WAIT)

    with_pool(test, threads=1)


def test_an_idle_pool_drains_at_once():
    async def test(pool):
        await pool.run(lambda progress: None, characters=1)
        begin = time.monotonic()
        await pool.drain(WAIT)
        assert time.monotonic() - begin < 5

    with_pool(test)
