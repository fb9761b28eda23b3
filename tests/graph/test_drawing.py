"""Pictures of graphs: what is drawn where, as SVG that stands alone and as pixels."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from small_songs import full_edges, made_song, picture, songs

from server.errors import OutOfRange, OutputError
from server.library.graph.drawing import draw_graph
from server.library.graph.drawing_layout import curve_of, laid_out
from server.library.graph.plan_graph import PlanGraph
from server.library.graph.song_graph import Picture, Presence, SongGraph, Transition
from server.library.graph.svg import svg_of
from server.media.draw_shapes import draw, write_drawing
from server.media.shapes import Band, Disc, Drawing, Strokes, Words, flattened

SVG = "{http://www.w3.org/2000/svg}"
A, B, C = (picture("a", 1000 + number) for number in range(3))
GREEN, RED, GOLD = (74, 205, 132), (244, 82, 76), (255, 209, 84)


def mixed_song() -> SongGraph:
    song = made_song({"a": 3, "b": 2}, [(A, B)])
    damaged = Transition(A, C, Presence.DAMAGED, "transitions/y.mov", reason="cut short")
    wanted = Transition(B, C)
    return replace(song, transitions={**song.transitions, damaged.edge: damaged, wanted.edge: wanted})


def strokes(drawing: Drawing, colour: tuple[int, int, int]) -> int:
    return sum(len(shape.curves) for shape in drawing.shapes if isinstance(shape, Strokes) and shape.colour == colour)


def test_every_kind_of_transition_has_its_look() -> None:
    song = mixed_song()
    drawing = draw_graph(song, PlanGraph.of(song))
    # one curve more each for the legend
    assert strokes(drawing, GREEN) == 2
    assert strokes(drawing, RED) == 2
    assert strokes(drawing, (120, 164, 255)) == 2
    missing = [shape for shape in drawing.shapes if isinstance(shape, Strokes) and shape.colour == (124, 133, 156)]
    assert sum(len(shape.curves) for shape in missing) == len(full_edges(song)) - 3 + 1
    assert all(shape.dash for shape in missing)
    words = [shape.text for shape in drawing.shapes if isinstance(shape, Words)]
    assert {"small", "a", "b", "1000", "exists 1", "damaged 1", "wanted 1"} <= set(words)


def test_a_route_is_on_top_with_its_numbers() -> None:
    song = mixed_song()
    drawing = draw_graph(song, PlanGraph.of(song), [A, B, picture("b", 1000), B])
    words = [shape.text for shape in drawing.shapes if isinstance(shape, Words)]
    assert {"1", "2+", "3", "route"} <= set(words)
    looks = [shape.colour for shape in drawing.shapes if isinstance(shape, Strokes)]
    assert looks.index(GOLD) > looks.index(GREEN)
    assert strokes(drawing, GOLD) >= 3


def test_very_many_missing_ones_become_a_band_with_their_number() -> None:
    song = made_song({"a": 30, "b": 30})
    drawing = draw_graph(song, PlanGraph.of(song))
    assert any(isinstance(shape, Words) and shape.text == "900 missing" for shape in drawing.shapes)
    assert sum(isinstance(shape, Band) for shape in drawing.shapes) == 2 + 3
    assert len(svg_of(drawing)) < 40_000


def test_a_thousand_pictures_are_drawn_in_a_small_file() -> None:
    song = made_song({f"s{number}": 50 for number in range(20)})
    graph = PlanGraph.of(song)
    text = svg_of(draw_graph(song, graph))
    assert graph.edges == 72_000
    assert len(text) < 500_000
    ET.fromstring(text)


@settings(max_examples=40, deadline=None)
@given(songs(most_scenes=6, most_pictures=30))
def test_everything_lies_inside_and_no_two_pictures_on_each_other(song: SongGraph) -> None:
    graph = PlanGraph.of(song)
    drawing = draw_graph(song, graph)
    layout = laid_out(song, graph, (), 90)
    places = [look.at for look in layout.looks.values()]
    assert len(places) == len(song.pictures)
    assert min((math.dist(one, other) for at, one in enumerate(places) for other in places[:at]), default=99) > 9
    for one, other, _ in graph.each_edge():
        for x, y in flattened(curve_of(layout, one, other)):
            assert 0 <= x <= drawing.width
            assert 0 <= y <= drawing.height
    ET.fromstring(svg_of(drawing))


def test_an_svg_needs_no_other_file_and_survives_any_name() -> None:
    name = 'a<b>&"\x07 ü'
    song = made_song({name: [picture(name, 1), picture(name, 2)]})
    song = replace(song, pictures={one: Picture(one, presence=Presence.DAMAGED, reason="half <black>")
                                   for one in song.pictures})
    text = svg_of(draw_graph(song, PlanGraph.of(song)))
    root = ET.fromstring(text)
    assert "href" not in text
    assert "url(" not in text
    titles = [element.text or "" for element in root.iter(f"{SVG}title")]
    assert any("half <black>" in title for title in titles)
    assert len(list(root.iter(f"{SVG}circle"))) == 2


def test_pixels_show_what_the_shapes_say() -> None:
    shapes = (Band(((10, 10), (30, 10), (30, 30), (10, 30)), (200, 0, 0), 0.5), Disc((50, 20), 8, (0, 255, 0)),
              Strokes((((60, 20), (70, 20), (80, 20), (90, 20)),), (0, 0, 255), 4))
    pixels = draw(Drawing(100, 40, (20, 20, 20), shapes), scale=2)
    assert pixels.shape == (80, 200, 3)
    assert tuple(pixels[2, 2]) == (20, 20, 20)
    assert np.abs(pixels[40, 40].astype(int) - (110, 10, 10)).max() <= 1
    assert tuple(pixels[40, 100]) == (0, 255, 0)
    assert tuple(pixels[40, 150]) == (0, 0, 255)
    assert tuple(pixels[48, 150]) == (20, 20, 20)


def test_dashes_leave_gaps_and_crossings_do_not_add_up() -> None:
    line = ((0.0, 10.0), (30.0, 10.0), (70.0, 10.0), (100.0, 10.0))
    across = ((50.0, 0.0), (50.0, 7.0), (50.0, 13.0), (50.0, 20.0))
    dashed = draw(Drawing(100, 20, (0, 0, 0), (Strokes((line,), (255, 255, 255), 2, 1.0, (5, 5)),)), scale=1)
    lit = dashed[9:11, :, 0].max(axis=0) > 128
    assert 40 <= int(lit.sum()) <= 70
    assert 8 <= int(np.count_nonzero(np.diff(lit.astype(int)) == 1)) <= 11
    crossed = draw(Drawing(100, 20, (0, 0, 0), (Strokes((line, across), (200, 200, 200), 2, 0.5),)), scale=1)
    assert crossed.max() == 100


@pytest.mark.parametrize("letters", ["scene 12", "Grüße – 漢字", ""])
def test_words_are_drawn_where_they_belong(letters: str) -> None:
    def inked(anchor: str) -> np.ndarray:
        words = Words(letters, (150, 30), 14, (255, 255, 255), anchor, bold=True, halo=True)
        return np.flatnonzero(draw(Drawing(300, 50, (0, 0, 0), (words,)), 1).max(axis=(0, 2)) > 60)

    if not letters:
        assert len(inked("start")) == 0
        return
    assert inked("start").min() >= 148
    assert inked("end").max() <= 152
    assert abs(float(inked("middle").min() + inked("middle").max()) / 2 - 150) < 8


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    song = mixed_song()
    drawing = draw_graph(song, PlanGraph.of(song), [A, B])
    for name in ("graph.png", "graph.jpg"):
        size = write_drawing(drawing, tmp_path / name)
        assert size == (drawing.width * 2, drawing.height * 2)
        back = cv2.imdecode(np.fromfile(tmp_path / name, np.uint8), cv2.IMREAD_COLOR)
        assert back.shape[1::-1] == size
    with pytest.raises(OutputError, match="already there"):
        write_drawing(drawing, tmp_path / "graph.png")
    assert len(list(tmp_path.iterdir())) == 2


def test_what_no_picture_can_hold_is_refused() -> None:
    with pytest.raises(OutOfRange, match=r"\.svg"):
        draw(Drawing(20_000, 10, (0, 0, 0), ()))
    assert max(draw(Drawing(12_000, 10, (0, 0, 0), ())).shape) <= 16_000


def test_a_song_without_anything_is_a_picture_too() -> None:
    drawing = draw_graph(SongGraph("empty"), PlanGraph.of(SongGraph("empty")))
    assert drawing.width > 0
    assert drawing.height > 0
    assert draw(drawing).any()
