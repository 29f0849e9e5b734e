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


def no_server() -> ServerError:
    """Nobody can be asked."""
    return ServerError(
        "no server is set up at this station (FANJI_SERVER_URL)", "本机未设置服务器地址（FANJI_SERVER_URL）"
    )


def no_answer(error: httpx.HTTPError) -> ServerError:
    """Nothing came back."""
    return ServerError(
        f"no answer from the server ({error or type(error).__name__}): whoever runs server or network must look",
        "无法连接服务器：请联系服务器或网络管理员",
    )


def unexpected(response: httpx.Response, asked_for: str) -> ServerError:
    """An answer that does not say what was asked for, and who must act."""
    status = response.status_code
    if status in (401, 403):
        return ServerError(
            f"the server refuses this station's token (answer {status}): its administrator must renew it",
            f"服务器拒绝本机令牌（{status}）：请管理员重新发放",
        )
    return ServerError(
        f"the server answers {status} when asked for {asked_for}: whoever runs it must look",
        f"无法从服务器读取（回答 {status}）：请联系服务器管理员",
    )
