"""The house rules that no linter checks: sizes, and what an import may pull in."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lapa_annotator"
MOST_LINES_A_FILE = 400
MOST_LINES_A_FUNCTION = 40


def _functions() -> list[tuple[int, str]]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                found.append((length, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"))
    return sorted(found)


def test_every_file_can_be_read_in_one_sitting():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in PACKAGE.rglob("*.py")
        if (lines := path.read_text(encoding="utf-8").count("\n")) > MOST_LINES_A_FILE
    }
    assert not long, f"files over {MOST_LINES_A_FILE} lines: {long}"


def test_functions_are_short():
    functions = _functions()
    percentile, name = functions[min(len(functions) - 1, int(len(functions) * 0.95))]
    assert percentile <= MOST_LINES_A_FUNCTION, f"95th percentile {percentile} lines, {name}"
    assert functions[-1][0] <= 2 * MOST_LINES_A_FUNCTION, f"too long: {functions[-1]}"


def _public(body: list[ast.stmt]) -> list[ast.FunctionDef | ast.ClassDef]:
    """Public functions and classes of a module or class; a function's own helpers are not."""
    found = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_":
            found.append(node)
            if isinstance(node, ast.ClassDef):
                found += _public(node.body)
    return found


def test_public_functions_and_classes_have_docstrings():
    bare = []
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{path} has no docstring"
        bare += [
            f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
            for node in _public(tree.body)
            if ast.get_docstring(node) is None
        ]
    assert not bare, "without a docstring: " + "; ".join(bare)


def test_starting_the_command_line_loads_neither_networks_nor_the_window():
    code = (
        "import sys, lapa_annotator.cli.main; "
        "heavy = {'torch', 'openvino', 'PySide6', 'matplotlib', 'skimage'} & set(sys.modules); "
        "sys.exit(f'loaded at start: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
