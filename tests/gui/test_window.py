"""The window at work: projects, the list, going from photo to photo, and the models."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from lapa_annotator.domain.face import Status
from lapa_annotator.gui.app import begin
from tests.gui.conftest import FakeModels, make_photo


@pytest.fixture
def project(hand, photos, tmp_path):
    """The window on a project of three photos, the first with its face proposed."""
    hand.make(photos, tmp_path / "p")
    hand.wait(lambda: hand.faces() == 1)
    return hand


def names(hand) -> list[str]:
    model = hand.window.view.images
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def status(hand, name: str) -> Status:
    project = hand.window.project
    return next(i.status for i in project.infos(project.ids()) if i.path.name == name)


def search(hand, text: str) -> None:
    """Type a search and wait for the answer."""
    with hand.bot.waitSignal(hand.window.view.listed):
        hand.window.view.panel.search.setText(text)


# Projects


def test_a_new_project_shows_its_first_photo_with_proposed_points(project):
    assert project.shows("a.png")
    assert names(project) == ["a.png", "b.png", "c.png"]
    assert project.window.windowTitle().startswith("a.png — p")
    assert status(project, "a.png") is Status.PROPOSED


def test_the_start_page_makes_a_project_of_a_folder(hand, photos, tmp_path):
    hand.do("new_project")
    form = hand.window.start_page.form
    assert not form.make_button.isEnabled()
    form.source.edit.setText(str(photos))
    form.project.edit.setText(str(tmp_path / "mine"))
    form.make_button.click()
    hand.wait(lambda: hand.window.project is not None and hand.shows("a.png"))
    assert (tmp_path / "mine.lapa" / "project.db").is_file()


def test_the_form_says_in_place_what_is_wrong_with_a_folder(hand, photos, tmp_path):
    hand.do("new_project")
    form = hand.window.start_page.form
    form.source.edit.setText(str(tmp_path / "nowhere"))
    assert form.source.said == "There is no such folder."
    form.source.edit.setText(str(photos))
    form.project.edit.setText(str(photos))
    assert "not empty" in form.project.said
    assert not form.make_button.isEnabled()


def test_the_sample_project_is_made_once_and_opened_again(make_window, tmp_path):
    first = make_window()
    begin(first.window, None, sample=True, folder=tmp_path)
    first.wait(lambda: first.window.project is not None and first.faces() == 1)
    assert names(first) == ["astronaut.png", "grace_hopper.jpg"]
    first.close()
    second = make_window()
    begin(second.window, None, sample=True, folder=tmp_path)
    second.wait(lambda: second.window.project is not None and second.faces() == 1)


def test_a_folder_that_is_no_project_is_told_in_the_window(hand, tmp_path):
    hand.window.open_folder(tmp_path)
    hand.wait(lambda: hand.said)
    assert str(tmp_path) in hand.said
    assert hand.window.project is None
    assert hand.window.pages.currentIndex() == 0


def test_recent_projects_open_where_the_work_stopped(project, make_window):
    folder = project.window.project.folder
    project.do("last_photo")
    project.wait(lambda: project.shows("c.png"))
    project.close()
    again = make_window()
    again.window.start_page.open_asked.emit(str(folder))
    again.wait(lambda: again.window.project is not None and again.shows("c.png"))


def test_photos_are_added_to_an_open_project(project, tmp_path):
    make_photo(tmp_path / "more" / "d.png", shade=222)
    (tmp_path / "more" / "e.png").write_bytes(b"no photo")
    project.window.jobs.add(project.window.project, tmp_path / "more")
    project.wait(lambda: len(names(project)) == 4)
    project.wait(lambda: "e.png" in project.said)


def test_the_start_page_puts_the_project_away(project):
    project.do("show_start")
    assert project.window.project is None
    assert not project.window.actions_["next_photo"].isEnabled()
    assert project.editor.document.photo is None


# From photo to photo


def test_keys_go_to_the_next_photo_and_back(project):
    QTest.keyClick(project.editor, Qt.Key.Key_E)
    project.wait(lambda: project.shows("b.png"))
    QTest.keyClick(project.editor, Qt.Key.Key_Q)
    project.wait(lambda: project.shows("a.png"))
    QTest.keyClick(project.window.view.panel.table, Qt.Key.Key_PageDown)
    project.wait(lambda: project.shows("b.png"))


def test_the_next_photos_are_read_and_proposed_ahead(project, models):
    project.wait(lambda: status(project, "c.png") is Status.PROPOSED)
    assert len(models.asked) == 3
    project.do("next_photo")
    assert project.shows("b.png"), "a photo that was read ahead is there at once"
    assert project.faces() == 1


def test_beyond_the_last_photo_the_window_says_so(project):
    project.do("last_photo")
    project.wait(lambda: project.shows("c.png"))
    project.do("next_photo")
    assert project.said == "This is the last photo."


def test_ctrl_enter_finishes_a_photo_and_goes_to_the_next_that_is_not_done(project):
    project.do("next_photo")
    project.wait(lambda: project.shows("b.png"))
    project.do("finish")
    project.wait(lambda: project.shows("c.png"))
    assert status(project, "b.png") is Status.DONE
    project.do("finish")
    project.wait(lambda: project.shows("a.png"))
    project.do("finish")
    assert project.said == "Every photo in the list is done."


def test_a_click_in_the_list_opens_a_photo(project):
    project.window.view.panel.table.selectRow(2)
    project.wait(lambda: project.shows("c.png"))


def test_time_spent_is_kept_with_the_photo(project):
    project.do("finish")
    assert project.window.project.info(1).seconds > 0


# The list


def test_a_search_narrows_the_list_and_the_way_through_it(project):
    search(project, "c.png")
    assert names(project) == ["c.png"]
    project.do("next_photo")
    project.wait(lambda: project.shows("c.png"))
    search(project, "")
    assert len(names(project)) == 3


def test_a_search_that_is_not_understood_is_told_below_its_field(project):
    search(project, "status:purple")
    panel = project.window.view.panel
    assert "purple" in panel.error
    assert len(names(project)) == 3, "the list stays as it was"
    search(project, "status:proposed")
    assert panel.error == ""


def test_the_list_sorts_in_the_store(project):
    project.do("finish")
    with project.bot.waitSignal(project.window.view.listed):
        project.window.view.panel.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert names(project)[0] == "a.png"


def test_letters_typed_into_the_search_field_stay_there(project):
    panel = project.window.view.panel
    project.do("search_photos")
    QTest.keyClicks(panel.search, "eq")
    assert panel.search.text() == "eq"
    assert project.shows("a.png")


# Models


def test_a_photo_without_a_face_says_what_to_do(make_window, photos, tmp_path):
    hand = make_window(FakeModels(count=0))
    hand.make(photos, tmp_path / "p")
    hand.wait(lambda: "No face was found" in hand.said)
    assert hand.faces() == 0


def test_nothing_is_proposed_unasked_if_so_wished(make_window, photos, tmp_path, settings):
    settings.set("work/propose", False)
    models = FakeModels()
    hand = make_window(models)
    hand.make(photos, tmp_path / "p")
    assert models.asked == []
    hand.do("propose_photo")
    hand.wait(lambda: hand.faces() == 1)
    assert len(models.asked) == 1


def test_a_new_box_gets_its_points_from_the_model(project):
    from lapa_annotator.domain.geometry import Box

    project.editor.canvas.box_drawn.emit(Box(10, 10, 90, 110))
    project.wait(lambda: project.faces() == 2)
    project.wait(lambda: project.editor.document.faces[1].landmarks is not None)


def test_hair_and_skin_come_for_the_label_map_and_are_kept(project):
    project.do("toggle_map")
    face = project.editor.document.faces[0]
    kept = project.window.project.segmentations
    project.wait(lambda: kept.load(face.id) is not None)
    assert project.editor.live_map.knows(face.id)


def test_a_face_is_segmented_knowing_of_the_photos_other_faces(hand, models, photos, tmp_path):
    models.count = 2
    hand.make(photos, tmp_path / "p")
    hand.wait(lambda: hand.faces() == 2)
    hand.do("toggle_map")
    hand.wait(lambda: models.beside)
    assert models.beside[0] == 1


# Export


def test_finished_faces_are_exported_as_a_lapa_data_set(project, tmp_path):
    project.do("finish")
    project.export(tmp_path / "out")
    assert "written to" in project.said
    assert len(list((tmp_path / "out").rglob("*.txt"))) == 1


def test_an_exported_data_set_can_be_imported(project, make_window, tmp_path):
    project.do("finish")
    project.export(tmp_path / "out")
    other = make_window()
    other.window.start_page.import_asked.emit(str(tmp_path / "out"), str(tmp_path / "second"))
    other.wait(lambda: other.window.project is not None and other.faces() == 1)
    assert other.window.project.count("status:done") == 1


# The window itself


def test_the_window_comes_back_as_it_was(project, make_window, tmp_path):
    folder = project.window.project.folder
    project.window.resize(700, 600)
    faces = project.window.view.dock("faces")
    faces.toggleViewAction().trigger()
    assert faces.isHidden()
    project.close()
    again = make_window()
    assert (again.window.width(), again.window.height()) == (700, 600)
    again.open(folder)
    assert again.window.view.dock("faces").isHidden()
    assert not again.window.view.dock("history").isHidden()


def test_every_dialog_opens_and_closes(project):
    for action in ("preferences", "show_shortcuts", "edit_shortcuts"):
        project.do(action)
        dialog = project.window.dialog
        assert dialog.isVisible()
        dialog.close()


def test_paths_with_odd_names_are_no_trouble(hand, tmp_path):
    make_photo(tmp_path / "Bilder & ähnliches %n" / "été {0}.png")
    hand.make(tmp_path / "Bilder & ähnliches %n", tmp_path / "Projekt ü")
    hand.wait(lambda: hand.shows("été {0}.png"))
    assert Path(hand.window.project.folder).name == "Projekt ü.lapa"


def test_points_are_proposed_for_all_new_photos_in_the_background(
    make_window, tmp_path, settings, photos
):
    settings.set("work/propose", False)
    for i in range(8):
        make_photo(photos / f"more{i}.png", shade=3 + i)
    hand = make_window()
    hand.make(photos, tmp_path / "p")
    (photos / "more5.png").unlink()
    hand.do("propose_all")
    hand.wait(lambda: hand.window.project.count("status:proposed") == 10)
    hand.wait(lambda: "10 photos. 1 could not" in hand.said)
    assert hand.faces() == 1, "the photo on show has its points as well"


def test_proposing_for_all_can_be_stopped(make_window, tmp_path, settings):
    settings.set("work/propose", False)
    for i in range(30):
        make_photo(tmp_path / "many" / f"{i}.png", shade=i)
    hand = make_window()
    hand.make(tmp_path / "many", tmp_path / "p")
    hand.do("propose_all")
    hand.wait(lambda: hand.window.project.count("status:proposed") > 2)
    hand.do("propose_all")
    hand.wait(lambda: "Points were proposed" in hand.said)
    assert hand.window.project.count("status:new") > 0
