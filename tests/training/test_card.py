from lapa_annotator.training.card import weight_notes
from lapa_annotator.training.loop import Recipe


def test_weights_tell_names_of_folders_and_no_paths():
    recipe = Recipe(
        task="landmarks",
        network="hourglass",
        data=("/home/ann/photos/faces:0.5", "more"),
        steps=7,
        seed=3,
    )
    assert weight_notes(recipe) == {"data": "faces:0.5; more", "steps": "7", "seed": "3"}
