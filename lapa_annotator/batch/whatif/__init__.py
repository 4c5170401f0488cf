"""What if: what other settings would make of a whole project's label maps, before they do."""
