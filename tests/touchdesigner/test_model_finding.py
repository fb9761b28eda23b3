"""Finding servers as plain models: questions, answers of any kind, how long a server is remembered, host names."""

from __future__ import annotations

import struct
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zeroconf import DNSAddress, DNSIncoming, DNSOutgoing, DNSPointer, DNSService, DNSText
from zeroconf.const import _CLASS_IN, _FLAGS_AA, _FLAGS_QR_RESPONSE, _TYPE_A, _TYPE_PTR, _TYPE_SRV, _TYPE_TXT

from td_extensions.dns_sd import Found, question, servers
from td_extensions.host_names import AGAIN, HostNames, in_digits
from td_extensions.server_finder import ASK_ALONE, ASK_LINKED, LISTEN, PATIENCE, ServerFinder
from td_extensions.settings_model import USUAL_SERVER

SERVICE = "_osc._udp.local."


def answer(name: str = "Bühne links", port: int = 7500, host: str = "interscene-7500-pc.local.",
           addresses: tuple[str, ...] = ("192.168.1.20",), ttl: int = 10, service: str = SERVICE) -> bytes:
    """What a responder says, as another library writes it: names are compressed."""
    out = DNSOutgoing(_FLAGS_QR_RESPONSE | _FLAGS_AA)
    instance = f"{name}.{service}"
    out.add_answer_at_time(DNSPointer(service, _TYPE_PTR, _CLASS_IN, ttl, instance), 0)
    out.add_additional_answer(DNSService(instance, _TYPE_SRV, _CLASS_IN, ttl, 0, 0, port, host))
    out.add_additional_answer(DNSText(instance, _TYPE_TXT, _CLASS_IN, ttl, b"\x09txtvers=1"))
    for address in addresses:
        packed = bytes(map(int, address.split(".")))
        out.add_additional_answer(DNSAddress(host, _TYPE_A, _CLASS_IN, ttl, packed))
    [packet] = out.packets()
    return packet


def test_the_question_is_one_that_others_understand() -> None:
    read = DNSIncoming(question())
    assert read.valid
    [asked] = read.questions
    assert (asked.name, asked.type, asked.class_) == (SERVICE, _TYPE_PTR, _CLASS_IN)


def test_an_answer_names_a_server() -> None:
    assert servers(answer(), "192.168.1.20") == [Found("Bühne links", "192.168.1.20", 7500)]


def test_of_several_addresses_the_one_that_reached_us() -> None:
    packet = answer(addresses=("10.0.0.5", "192.168.1.20"))
    assert servers(packet, "192.168.1.20")[0].address == "192.168.1.20"
    assert servers(packet, "172.16.0.9")[0].address == "10.0.0.5"


@pytest.mark.parametrize("packet", [
    answer(host="iPad.local."), answer(ttl=0), answer(addresses=()), answer(service="_http._tcp.local."),
    answer(port=0), question(), b"", b"\0" * 12],
    ids=["a controller", "a goodbye", "nowhere", "another service", "no port", "a question", "nothing", "zeros"])
def test_who_is_no_server(packet: bytes) -> None:
    assert servers(packet, "192.168.1.20") == []


def test_names_that_lead_in_circles_end() -> None:
    head = struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0)
    for name in (b"\xc0\x0c", b"\x01a\xc0\x0c", b"\xc0\x0e\xc0\x0c", b"\xff\xff", b"\x3f" + b"a" * 63):
        assert servers(head + name + bytes(10), "1.2.3.4") == []


@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_complaint(data: bytes) -> None:
    assert isinstance(servers(data, "1.2.3.4"), list)
    assert isinstance(servers(struct.pack("!6H", 0, 0x8400, 0, 1, 1, 2) + data, "1.2.3.4"), list)


@given(st.data())
def test_an_answer_that_was_damaged_names_nobody_or_somebody(data: st.DataObject) -> None:
    packet = bytearray(answer())
    for _ in range(data.draw(st.integers(1, 6))):
        packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(packet[:data.draw(st.integers(0, len(packet)))])
    for found in [*servers(bytes(packet), "1.2.3.4"), *servers(cut, "1.2.3.4")]:
        assert 0 < found.port < 65536
        assert in_digits(found.address)
        assert found.name.isprintable()


def test_it_asks_often_while_alone_and_now_and_then_with_a_server() -> None:
    finder = ServerFinder()
    assert [n for n in range(11) if finder.due(False, n * ASK_ALONE / 2)] == [0, 2, 4, 6, 8, 10]
    finder.again()
    assert finder.due(True, 90.0)
    assert not finder.due(True, 90.0 + ASK_LINKED - 0.1)
    assert finder.listening(90.0 + LISTEN - 0.1)
    assert not finder.listening(90.0 + LISTEN)


def test_a_server_that_answers_no_more_is_forgotten_after_a_while() -> None:
    finder = ServerFinder()
    finder.due(False, 0.0)
    finder.heard(answer(), "192.168.1.20")
    for n in range(1, PATIENCE + 1):
        finder.due(False, n * ASK_ALONE)
        assert len(finder.found) == 1
    finder.due(False, (PATIENCE + 1) * ASK_ALONE)
    assert finder.found == []


def test_a_network_full_of_names_is_not_remembered_whole() -> None:
    finder = ServerFinder()
    for n in range(1000):
        finder.heard(answer(name=f"server {n}"), "192.168.1.20")
    assert len(finder.found) == 32


def test_the_menu_has_the_usual_place_first_and_everybody_by_name() -> None:
    finder = ServerFinder()
    assert finder.menu(USUAL_SERVER) == ([USUAL_SERVER], [USUAL_SERVER])
    finder.heard(answer("b"), "192.168.1.20")
    finder.heard(answer("a", addresses=("192.168.1.21",)), "192.168.1.21")
    assert finder.menu(USUAL_SERVER) == ([USUAL_SERVER, "192.168.1.21:7500", "192.168.1.20:7500"],
                                         [USUAL_SERVER, "a (192.168.1.21:7500)", "b (192.168.1.20:7500)"])
    finder.heard(answer("z", addresses=("127.0.0.1",)), "127.0.0.1")
    assert finder.menu(USUAL_SERVER)[1][0] == f"z ({USUAL_SERVER})"


class Names:
    """A look-up that answers when it is told to."""

    def __init__(self, *answers: list[str] | OSError) -> None:
        self.asked: list[str] = []
        self.go = threading.Event()
        self._answers = list(answers)

    def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        assert self.go.wait(10)
        answer = self._answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer


def settled(names: HostNames, host: str, now: float) -> tuple[str, ...]:
    """What is known when all look-ups have ended."""
    for thread in threading.enumerate():
        if thread.name == "host name":
            thread.join(10)
    return names.addresses(host, now)


def test_a_name_is_looked_up_once_and_nobody_waits_for_it() -> None:
    look_up = Names(["10.0.0.5", "10.0.0.6", "10.0.0.5"])
    names = HostNames(look_up)
    assert names.addresses("stage-pc", 0.0) == ()
    assert not names.unknown("stage-pc"), "nobody knows yet"
    look_up.go.set()
    assert settled(names, "stage-pc", 0.1) == ("10.0.0.5", "10.0.0.6")
    assert names.addresses("stage-pc", 99.0) == ("10.0.0.5", "10.0.0.6")
    assert look_up.asked == ["stage-pc"]


def test_a_name_that_nobody_knows_is_looked_up_again() -> None:
    look_up = Names(OSError("no"), ["10.0.0.5"])
    look_up.go.set()
    names = HostNames(look_up)
    names.addresses("stage-pc", 0.0)
    assert settled(names, "stage-pc", 0.1) == ()
    assert names.unknown("stage-pc")
    assert names.addresses("stage-pc", AGAIN - 0.1) == ()
    names.addresses("stage-pc", AGAIN)
    assert settled(names, "stage-pc", AGAIN + 0.1) == ("10.0.0.5",)
    assert not names.unknown("stage-pc")


@pytest.mark.parametrize(("host", "yes"), [("127.0.0.1", True), ("1.2.3", False), ("256.1.1.1", False), ("", False),
                                           ("stage-pc", False), ("1.2.3.٤", False), ("::1", False)])
def test_addresses_in_digits_need_no_look_up(host: str, yes: bool) -> None:
    assert in_digits(host) is yes
    if yes:
        assert HostNames(Names()).addresses(host, 0.0) == (host,)
