"""Texts in the person's language: those in widgets through ``tr``, those in tables through here.

``pyside6-lupdate -tr-function-alias tr+=_`` finds both kinds; a finished translation lies in
``resources/translations/lapa_LANGUAGE.qm`` and is taken into use at the start.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from lapa_annotator.gui.resources import resource


def mark(text: str) -> str:
    """Mark a text of a table, to be translated when it is shown; returned as it is."""
    return text


def said(text: str, context: str = "") -> str:
    """Return a marked text in the person's language.

    Texts that were marked by name alone have no context in a translation; ``context`` is for
    those that were marked with one.
    """
    if not text:
        return ""
    in_context = QCoreApplication.translate(context, text)
    return in_context if in_context != text else QCoreApplication.translate("", text)


def use_language(application: QCoreApplication) -> bool:
    """Take the translation for the system's language into use; False when there is none."""
    translator = QTranslator(application)
    folder = str(resource("translations"))
    found = translator.load(QLocale(), "lapa", "_", folder)
    return found and application.installTranslator(translator)
