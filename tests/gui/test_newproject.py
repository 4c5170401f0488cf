"""The form for a new project."""

from PySide6.QtCore import Qt

from lapa_annotator.gui.newproject import NewProjectForm


def test_return_in_the_first_field_makes_the_project(qtbot, tmp_path):
    form = NewProjectForm()
    qtbot.addWidget(form)
    form.begin(importing=False)
    form.source.edit.setText(str(tmp_path))
    with qtbot.waitSignal(form.create_asked) as asked:
        qtbot.keyClick(form.source.edit, Qt.Key.Key_Return)
    assert asked.args[0] == str(tmp_path)


def test_return_does_nothing_while_the_form_is_not_filled(qtbot, tmp_path):
    form = NewProjectForm()
    qtbot.addWidget(form)
    form.begin(importing=False)
    form.source.edit.setText(str(tmp_path / "nowhere"))
    with qtbot.assertNotEmitted(form.create_asked):
        qtbot.keyClick(form.source.edit, Qt.Key.Key_Return)
