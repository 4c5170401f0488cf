"""Colours and icons of the window: light and dark, following the system.

A theme is a JSON file of named colours in ``resources/themes``; the palette, the style sheet
and every icon are made from these names, so nothing else in the window names a colour.
"""

from __future__ import annotations

import json
from functools import cache
from string import Template

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

from lapa_annotator.gui.resources import resource

_DARK = "darkColours"
_ICON_SIZES = (16, 20, 24, 32, 40, 48, 60, 72)
_SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}
_ROLES: dict[QPalette.ColorRole, str] = {
    QPalette.ColorRole.Window: "window",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "base",
    QPalette.ColorRole.AlternateBase: "alternate",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.PlaceholderText: "faint",
    QPalette.ColorRole.Button: "button",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "danger",
    QPalette.ColorRole.ToolTipBase: "tip",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "on_accent",
    QPalette.ColorRole.Accent: "accent",
    QPalette.ColorRole.Link: "link",
    QPalette.ColorRole.LinkVisited: "link",
    QPalette.ColorRole.Light: "raised",
    QPalette.ColorRole.Midlight: "raised",
    QPalette.ColorRole.Mid: "line",
    QPalette.ColorRole.Dark: "line",
    QPalette.ColorRole.Shadow: "shadow",
}
_DIMMED = (
    QPalette.ColorRole.WindowText,
    QPalette.ColorRole.Text,
    QPalette.ColorRole.ButtonText,
    QPalette.ColorRole.HighlightedText,
)


class Theme(QObject):
    """The application's colours; ``changed()`` when light becomes dark or dark light."""

    changed = Signal()

    def __init__(self, app: QApplication, choice: str = "system") -> None:
        super().__init__(app)
        self._app = app
        self._choice = choice
        app.setProperty(_DARK, None)
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._apply)
        self.choose(choice)

    def choose(self, choice: str) -> None:
        """Follow the system ("system"), or stay "light" or "dark"."""
        self._choice = choice
        self._app.styleHints().setColorScheme(_SCHEMES[choice])
        self._apply()

    def _system(self) -> Qt.ColorScheme:
        return self._app.styleHints().colorScheme()

    def _apply(self) -> None:
        scheme = _SCHEMES[self._choice]
        if scheme == Qt.ColorScheme.Unknown:
            scheme = self._system()
        dark = scheme == Qt.ColorScheme.Dark
        if self._app.property(_DARK) == dark:
            return
        self._app.setProperty(_DARK, dark)
        named = colours(dark)
        palette = QPalette()
        for role, name in _ROLES.items():
            palette.setColor(role, QColor(named[name]))
        for role in _DIMMED:
            palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(named["disabled"]))
        self._app.setPalette(palette)
        self._app.setStyleSheet(_style_sheet(dark))
        self.changed.emit()


@cache
def colours(dark: bool) -> dict[str, str]:
    """Return the named colours (#rrggbb) of the dark or the light theme."""
    path = resource("themes", "dark.json" if dark else "light.json")
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def _style_sheet(dark: bool) -> str:
    template = Template(resource("themes", "style.qss").read_text(encoding="utf-8"))
    folder = resource("icons").as_posix()
    return template.substitute(colours(dark), icons=folder)


def is_dark() -> bool:
    """Whether the application shows its dark colours now."""
    app = QApplication.instance()
    return app is not None and bool(app.property(_DARK))


def colour(name: str) -> QColor:
    """Return a named colour of the theme that the application shows now."""
    return QColor(colours(is_dark())[name])


def icon(name: str) -> QIcon:
    """Return an icon of ``resources/icons`` in the colours of the theme in use."""
    return _icon(name, is_dark())


def picture(name: str, side: int, ratio: float = 1.0, ink: str = "icon") -> QPixmap:
    """Return one drawing of ``resources/icons``: a side in points, a colour of the theme.

    Args:
        name: the drawing.
        side: in device-independent pixels.
        ratio: device pixels per device-independent one.
        ink: the name of the colour.
    """
    return _picture(name, side, ratio, colours(is_dark())[ink])


@cache
def _picture(name: str, side: int, ratio: float, ink: str) -> QPixmap:
    drawing = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    made = _drawn(drawing.replace("currentColor", ink).encode(), round(side * ratio))
    made.setDevicePixelRatio(ratio)
    return made


@cache
def _icon(name: str, dark: bool) -> QIcon:
    named = colours(dark)
    drawing = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    made = QIcon()
    for mode, ink in (
        (QIcon.Mode.Normal, named["icon"]),
        (QIcon.Mode.Disabled, named["disabled"]),
    ):
        data = drawing.replace("currentColor", ink).encode()
        for size in _ICON_SIZES:
            made.addPixmap(_drawn(data, size), mode)
    return made


def _drawn(data: bytes, size: int) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer

    pixmap = QPixmap(QSize(size, size))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(data)).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap
