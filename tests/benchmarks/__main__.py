"""Speed, as ratios within one run: ``python -m tests.benchmarks [NAME ...]``.

Every module of this folder that has a ``main()`` is a topic; without names all are run.
"""

import importlib
import pkgutil
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def main(names: list[str]) -> int:
    """Run the named topics, or all of them; 2 for a name that does not exist."""
    known = [m.name for m in pkgutil.iter_modules([str(FOLDER)]) if m.name != "__main__"]
    topics = {
        n: importlib.import_module(f"tests.benchmarks.{n}") for n in names or known if n in known
    }
    unknown = sorted(set(names) - set(known))
    if unknown:
        sys.stderr.write(f"no benchmark {', '.join(unknown)}; take {', '.join(known)}\n")
        return 2
    for name, topic in topics.items():
        if hasattr(topic, "main"):
            sys.stdout.write(f"\n== {name}\n")
            sys.stdout.flush()
            topic.main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
