"""Light and dark: the same names, text that can be read, and a change that reaches the window."""

import re

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar

from lapa_annotator.gui.resources import resource
from lapa_annotator.gui.theme import Theme, colour, colours, icon, is_dark


def luminance(name: str) -> float:
    """Relative luminance of sRGB as WCAG defines it."""
    channels = QColor(name).getRgbF()[:3]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_both_themes_name_the_same_colours():
    assert set(colours(True)) == set(colours(False))


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("text", "window"),
        ("text", "base"),
        ("faint", "base"),
        ("faint", "window"),
        ("text", "accent_soft"),
        ("faint", "accent_soft"),
        ("on_accent", "accent"),
        ("danger", "base"),
        ("text", "danger_soft"),
        ("text", "warning_soft"),
        ("text", "ok_soft"),
    ],
)
def test_text_stands_out_from_its_ground(dark, ink, paper):
    named = colours(dark)
    assert contrast(named[ink], named[paper]) >= 4.5


def test_the_style_sheet_names_only_colours_of_the_theme():
    wanted = set(re.findall(r"\$(\w+)", resource("themes", "style.qss").read_text("utf-8")))
    assert wanted <= set(colours(False)) | {"icons"}


def test_choosing_dark_changes_palette_and_icons(qapp, qtbot):
    theme = Theme(qapp, "light")
    before = icon("undo").pixmap(QSize(32, 32)).toImage()
    with qtbot.waitSignal(theme.changed):
        theme.choose("dark")
    assert is_dark()
    assert qapp.palette().color(QPalette.ColorRole.Window) == colour("window")
    assert icon("undo").pixmap(QSize(32, 32)).toImage() != before
    theme.choose("light")
    assert not is_dark()


def test_the_theme_follows_the_system(qapp, monkeypatch):
    scheme = [Qt.ColorScheme.Light]
    theme = Theme(qapp, "light")
    monkeypatch.setattr(theme, "_system", lambda: scheme[0])
    theme.choose("system")
    assert not is_dark()
    scheme[0] = Qt.ColorScheme.Dark
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert is_dark()
    theme.choose("light")


@pytest.mark.parametrize("size", [16, 24, 48, 72])
def test_icons_are_drawn_anew_for_every_size(qapp, size):
    Theme(qapp, "light")
    assert icon("next").pixmap(QSize(size, size)).toImage().width() == size


def test_titles_of_panels_are_whole_however_many_there_are(qtbot, qapp):
    Theme(qapp)
    window = QMainWindow()
    qtbot.addWidget(window)
    docks = [QDockWidget(title) for title in ("Parts", "Faces", "Guard", "History", "Comments")]
    for dock in docks:
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    for dock in docks[1:]:
        window.tabifyDockWidget(docks[0], dock)
    window.resize(300, 200)
    window.show()
    qtbot.waitUntil(lambda: bool(window.findChildren(QTabBar)))
    (bar,) = window.findChildren(QTabBar)
    assert bar.count() == len(docks)
    assert bar.elideMode() == Qt.TextElideMode.ElideNone
