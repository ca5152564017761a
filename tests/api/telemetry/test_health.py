"""The service lives as long as it answers; it is ready when it can take work."""

from __future__ import annotations

import asyncio
import threading
import time

import httpx
import pytest

from chitieu import __version__
from chitieu.api.app import create_app
from chitieu.api.telemetry.probe import Probe
from chitieu.pipeline import Pipeline
from chitieu.settings import Settings
from fakes import fake_pipeline
from measures import samples

TEXT = "Thu ngân sách đạt 7.215 tỷ đồng."
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


class Held(Pipeline):
    """Reads nothing until it is let go."""

    def __init__(self):
        fake = fake_pipeline()
        super().__init__(fake.tagger, fake.catalogue)
        self.go = threading.Event()
        self.begun = threading.Semaphore(0)

    def warm_up(self):
        pass

    def extract(self, *args, **more):
        self.begun.release()
        assert self.go.wait(30)
        return super().extract(*args, **more)


class Service:
    """An application in this loop, so that what it holds can be taken from it."""

    def __init__(self, pipeline, **settings):
        self.app = create_app(pipeline, settings=Settings(**settings))
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://testserver")

    async def __aenter__(self):
        self.life = self.app.router.lifespan_context(self.app)
        await self.life.__aenter__()
        return self

    async def __aexit__(self, *error):
        await self.client.aclose()
        await self.life.__aexit__(*error)

    async def get(self, path):
        return await self.client.get(path)


def test_it_lives_and_is_ready(tmp_path):
    async def scenario():
        async with Service(fake_pipeline(), data=tmp_path) as service:
            lives, ready = await service.get("/healthz"), await service.get("/readyz")
        assert (lives.status_code, lives.json()) == (200, {"status": "ok", "version": __version__})
        assert ready.status_code == 200
        assert ready.json() == {"status": "ready", "parts": {"model": "ok", "database": "ok", "queue": "ok"}}

    asyncio.run(scenario())


def assert_not_ready(answer, **parts):
    assert answer.status_code == 503
    error = answer.json()["error"]
    assert error["code"] == "not_ready"
    assert error["detail"]["parts"] == {"model": "ok", "database": "ok", "queue": "ok"} | parts
    for part, state in parts.items():
        assert f"{part}: {state}" in error["message"]


def test_without_its_database_it_is_not_ready_and_lives(tmp_path):
    async def scenario():
        async with Service(fake_pipeline(), data=tmp_path) as service:
            database = service.app.state.database
            database.engine.dispose()
            for file in tmp_path.glob("chitieu.db*"):
                file.unlink()
            (tmp_path / "chitieu.db").mkdir()
            assert_not_ready(await service.get("/readyz"), database="down")
            assert (await service.get("/healthz")).status_code == 200
            told = samples((await service.get("/metrics")).content)
            assert told["chitieu_database_up",] == 0 and ("chitieu_jobs", "queued") not in told

    asyncio.run(scenario())


@pytest.mark.postgres
def test_it_is_ready_again_when_postgresql_is(postgres, tmp_path):
    async def scenario(url):
        async with Service(fake_pipeline(), data=tmp_path, database_url=url, jobs="apart") as service:
            assert (await service.get("/readyz")).status_code == 200
            await asyncio.to_thread(postgres.crash)
            try:
                await asyncio.sleep(2.1)  # what was known is forgotten
                assert_not_ready(await service.get("/readyz"), database="down")
                assert (await service.get("/healthz")).status_code == 200
            finally:
                await asyncio.to_thread(postgres.start)
            begun = time.monotonic()
            while (await service.get("/readyz")).status_code != 200:
                assert time.monotonic() - begun < 15
                await asyncio.sleep(0.2)

    with postgres.new_database() as url:
        asyncio.run(scenario(url.render_as_string(hide_password=False)))


def test_a_database_that_hangs_holds_nobody_up(tmp_path):
    async def scenario():
        async with Service(fake_pipeline(), data=tmp_path) as service:
            database = service.app.state.database
            held, go = threading.Event(), threading.Event()
            read = database.read

            def hang(*args, **more):
                held.set()
                assert go.wait(30)
                return read(*args, **more)

            database.read = hang
            begun = time.monotonic()
            answers = await asyncio.gather(*(service.get("/readyz") for _ in range(20)), service.get("/healthz"))
            assert time.monotonic() - begun < 5
            assert held.is_set()
            for answer in answers[:-1]:
                assert_not_ready(answer, database="down")
            assert answers[-1].status_code == 200
            assert sum(thread.name == "probe" for thread in threading.enumerate()) == 1
            begun = time.monotonic()
            go.set()
            while (await service.get("/readyz")).status_code != 200:
                assert time.monotonic() - begun < 10, "it comes back when the database does"
                await asyncio.sleep(0.05)

    asyncio.run(scenario())


def test_with_a_full_queue_it_is_not_ready_and_answers_at_once(tmp_path):
    async def scenario():
        pipeline = Held()
        async with Service(pipeline, data=tmp_path, threads=1, room=2) as service:
            sent = [
                asyncio.create_task(service.client.post("/v1/extract", content=TEXT, headers=PLAIN)) for _ in range(3)
            ]
            assert await asyncio.to_thread(pipeline.begun.acquire, timeout=20)
            while service.app.state.pool.waiting < 2:
                await asyncio.sleep(0.01)
            begun = time.monotonic()
            assert (await service.get("/healthz")).status_code == 200
            assert_not_ready(await service.get("/readyz"), queue="full")
            told = samples((await service.get("/metrics")).content)
            assert (told["chitieu_texts_running",], told["chitieu_texts_waiting",]) == (1, 2)
            assert time.monotonic() - begun < 2
            pipeline.go.set()
            assert [answer.status_code for answer in await asyncio.gather(*sent)] == [200] * 3
            assert (await service.get("/readyz")).status_code == 200

    asyncio.run(scenario())


def test_while_it_stops_it_is_not_ready(tmp_path):
    async def scenario():
        async with Service(fake_pipeline(), data=tmp_path) as service:
            await service.app.state.pool.drain(1)
            assert_not_ready(await service.get("/readyz"), queue="stopping")

    asyncio.run(scenario())


def test_all_three_are_described(tmp_path):
    spec = create_app(fake_pipeline(), settings=Settings(data=tmp_path)).openapi()
    ready = spec["paths"]["/readyz"]["get"]["responses"]
    assert "not_ready" in ready["503"]["description"]
    assert ready["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Readiness")
    assert "text/plain" in spec["paths"]["/metrics"]["get"]["responses"]["200"]["content"]
    assert "200" in spec["paths"]["/healthz"]["get"]["responses"]


def test_many_who_ask_are_one_question():
    async def scenario():
        asked = []

        def ask():
            asked.append(1)
            time.sleep(0.05)
            return len(asked)

        probe = Probe(ask, otherwise=0, fresh_seconds=0.2)
        assert await asyncio.gather(*(probe.value() for _ in range(50))) == [1] * 50
        assert await probe.value() == 1
        await asyncio.sleep(0.3)
        assert await probe.value() == 2

    asyncio.run(scenario())


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(1)])
def test_a_question_that_fails_is_answered_otherwise_and_asked_again(error):
    async def scenario():
        answers = [error, 7]

        def ask():
            answer = answers.pop(0)
            if isinstance(answer, BaseException):
                raise answer
            return answer

        probe = Probe(ask, otherwise=-1, fresh_seconds=0)
        assert await probe.value() == -1
        assert await probe.value() == 7

    asyncio.run(scenario())
