"""What holds for every test."""

from hypothesis import settings

# No deadlines, because a busy machine is no fault of the program; and the same examples in
# every run, so that a failure can be seen again.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")
