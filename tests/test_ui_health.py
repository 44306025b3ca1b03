"""The health check: answered by itself, with the headers that every answer has."""

import asyncio

import pytest

from icgan_demo.ui.health import HealthCheck
from icgan_demo.ui.request_guard import answer_headers


@pytest.mark.parametrize(("path", "root"), [("/healthz", ""), ("/app/healthz", "/app")])
def test_it_answers_with_the_protective_headers(path, root):
    answer = []

    async def send(message):
        answer.append(message)

    check = HealthCheck(None, report=lambda: {"status": "ok"}, headers=answer_headers())
    asyncio.run(check({"type": "http", "path": path, "root_path": root}, None, send))
    headers = dict(answer[0]["headers"])
    assert answer[0]["status"] == 200
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"content-security-policy"] == b"frame-ancestors 'self'"
    assert headers[b"cache-control"] == b"no-store"
