"""The link as a whole: hello, welcome, answers that are repeated, and what is said to the person."""

from __future__ import annotations

import pytest

from td_extensions.answers import EVERY, TRIES
from td_extensions.link_model import HEALTH_EVERY, HELLO_EVERY
from td_extensions.player_model import Command
from td_extensions.renderer_model import About, RendererModel

WELCOME = ("interscene", 1, 60.0, 2, "/media", 11)


def renderer(*, linked: bool = True) -> RendererModel:
    made = RendererModel(About("stage", 7501, 7502, "2023.12600", 60.0, 1280, "1,2"))
    if linked:
        assert made.event("/system/welcome", WELCOME, 0.0)
    return made


def said(model: RendererModel, now: float) -> list[tuple[str, tuple[object, ...]]]:
    return list(model.outgoing(now, lambda: (60.0, 1.0, 0, 0, 3.0, 10.0)))


def addresses(model: RendererModel, now: float) -> list[str]:
    return [address for address, _ in said(model, now)]


def test_a_hello_says_everything_that_the_server_asks() -> None:
    [(address, args)] = said(renderer(linked=False), 0.0)
    assert address == "/system/hello"
    assert args == ("stage", 7501, 7502, 1, "2023.12600", 60.0, 1280, "1,2")


def test_no_movie_is_opened_before_the_welcome() -> None:
    model = renderer(linked=False)
    assert model.event("/td/deck/1/open", (1, 0, "a.mov", 0), 0.0)
    assert all(player.open_id is None for player in model.decks[1].players)
    model.event("/system/welcome", WELCOME, 0.1)
    model.event("/td/deck/1/open", (1, 0, "a.mov", 0), 0.2)
    assert model.decks[1].players[0].open_id == 1


def test_ready_is_repeated_until_it_is_acknowledged() -> None:
    model = renderer()
    model.event("/td/deck/1/open", (1, 0, "a.mov", 0), 0.0)
    assert "/td/deck/1/opening" in addresses(model, 0.0)
    model.opened(1, 1, 100, 0.3)
    copies = []
    for n in range(10):
        copies += [args for address, args in said(model, 0.3 + n * (EVERY + 1e-6)) if address == "/td/deck/1/ready"]
    assert copies == [(1, "#r1")] * 10
    model.event("/ack", ("r1",), 1.4)
    assert "/td/deck/1/ready" not in addresses(model, 2.0)


def test_a_repeated_open_is_answered_at_once_and_opens_nothing() -> None:
    model = renderer()
    model.event("/td/deck/1/open", (1, 0, "a.mov", 0), 0.0)
    serial = model.decks[1].shown(0.0)[0].serial
    model.opened(1, 1, 100, 0.0)
    said(model, 0.0)
    model.event("/td/deck/1/open", (1, 0, "a.mov", 0), 0.01)
    assert addresses(model, 0.01) == ["/td/deck/1/ready"]
    assert model.decks[1].shown(0.0)[0].serial == serial


def test_nobody_is_told_for_ever() -> None:
    model = renderer()
    model.event("/td/deck/1/open", (1, 0, "a.mov", 0), 0.0)
    model.failed(1, 1, "there is no a.mov", 0.0)
    heard = [args for n in range(3 * TRIES) for address, args in said(model, n * EVERY) if address.endswith("failed")]
    assert len(heard) == TRIES
    assert heard[0][:2] == (1, "there is no a.mov")


def test_a_close_ends_the_answer() -> None:
    model = renderer()
    model.event("/td/deck/1/open", (1, 0, "a.mov", 0), 0.0)
    model.opened(1, 1, 100, 0.0)
    model.event("/td/deck/1/close", (1,), 0.0)
    assert "/td/deck/1/ready" not in addresses(model, 0.1)


def test_another_protocol_is_refused_in_words() -> None:
    model = renderer(linked=False)
    model.event("/system/welcome", ("new server", 2, 60.0, 1, "/media", 1), 0.0)
    assert "protocol 2" in model.trouble
    assert not model.link.linked(0.0)
    model.event("/system/welcome", WELCOME, 1.0)
    assert model.trouble == ""


def test_health_once_a_second_hello_while_alone() -> None:
    model = renderer(linked=False)
    heard = [address for n in range(300) for address in addresses(model, n / 60)]
    assert heard.count("/system/hello") == 5 / HELLO_EVERY
    model.event("/system/welcome", WELCOME, 5.0)
    heard = []
    for n in range(301):
        now = 5 + n / 60
        model.stream(1, n, {}, now)
        heard += addresses(model, now)
    assert heard.count("/td/health") == 5 / HEALTH_EVERY + 1
    assert "/system/hello" not in heard


def test_a_server_that_falls_silent_is_told_once_and_looked_for() -> None:
    model = renderer()
    model.stream(1, 1, {}, 0.0)
    said(model, 0.0)
    model.news.clear()
    heard = [address for n in range(1, 120) for address in addresses(model, n / 60)]
    assert [name for name, _ in model.news] == ["onDisconnect"]
    assert heard.count("/system/hello") >= 3
    model.event("/system/welcome", WELCOME, 2.0)
    assert [name for name, _ in model.news] == ["onDisconnect", "onConnect"]


def test_news_tell_what_became_ready_and_what_failed() -> None:
    model = renderer()
    model.news.clear()
    model.event("/td/deck/2/open", (1, 0, "a.mov", 0), 0.0)
    model.opened(2, 1, 100, 0.0)
    model.event("/td/deck/2/open", (2, 1, "b.mov", 0), 0.0)
    model.failed(2, 2, "there is no b.mov", 0.0)
    assert [name for name, about in model.news if about.get("deck") == 2] == ["onReady", "onError"]
    assert any("there is no b.mov" in line for line in model.log)


def test_a_level_that_rises_too_early_is_said() -> None:
    model = renderer()
    model.stream(1, 1, {0: Command(9, 0.0, 0.0, 0.0)}, 0.0)
    model.stream(1, 2, {0: Command(9, 0.0, 0.0, 1.0)}, 0.02)
    assert any(line.startswith("contract: deck 1 player 0") for line in model.log)


def test_decks_that_are_not_shown_are_nobodys_business() -> None:
    model = renderer()
    assert not model.event("/td/deck/3/open", (1, 0, "a.mov", 0), 0.0)
    model.stream(3, 1, {}, 0.0)
    assert 3 not in model.decks


@pytest.mark.parametrize(("address", "args"), [
    ("/td/deck/1/open", ()), ("/td/deck/1/open", (1, 0, "a.mov", 2**40)), ("/td/deck/1/open", (True, 0, "a.mov", 0)),
    ("/td/deck/1/open", ("1", 0, "a.mov", 0)), ("/td/deck/1/close", (None,)), ("/td/deck/1/close", ()),
    ("/td/deck/99999999999/close", (1,)), ("/td/deck/x/close", (1,)), ("/system/welcome", (1, 2, 3)), ("/ack", ()),
    ("", ()), ("/FX/hue", (0.5,))])
def test_nonsense_is_no_event(address: str, args: tuple[object, ...]) -> None:
    model = renderer()
    assert not model.event(address, args, 0.0)
    assert all(player.open_id is None for player in model.decks.get(1, model.deck(1)).players)  # type: ignore[union-attr]
