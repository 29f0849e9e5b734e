"""A connection to the server that asks for what a letter does not bring: orders, images, serial numbers, remedies."""

from __future__ import annotations

import ssl

import httpx

from station.config.settings import Settings, read_token
from station.model.errors import ServerError

CONNECT_S, ANSWER_S = 3.0, 30.0


def open_line(settings: Settings, connect_s: float = CONNECT_S, answer_s: float = ANSWER_S) -> httpx.Client:
    """With this station's token, the system's certificates, and no proxy from the environment. Raises ConfigError."""
    return httpx.Client(
        base_url=settings.server_url,
        headers={"Authorization": f"Bearer {read_token(settings)}"},
        timeout=httpx.Timeout(answer_s, connect=connect_s),
        verify=ssl.create_default_context(),
        trust_env=False,
    )


def no_answer(error: httpx.HTTPError) -> ServerError:
    """Nothing came back."""
    return ServerError(
        f"no answer from the server ({error or type(error).__name__}): whoever runs server or network must look"
    )


def unexpected(response: httpx.Response, asked_for: str) -> ServerError:
    """An answer that does not say what was asked for, and who must act."""
    status = response.status_code
    if status in (401, 403):
        return ServerError(
            f"the server refuses this station's token (answer {status}): its administrator must renew it"
        )
    return ServerError(f"the server answers {status} when asked for {asked_for}: whoever runs it must look")
