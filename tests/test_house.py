"""The house in order: who may import whom, no circles, sizes, and no backend that all would have to install."""

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.conftest import PROJECT

# Room to the rooms that it may import from, itself included.
ALLOWED = {
    "data_loader": {"data_loader"},
    "models": {"data_loader", "models"},
    "evaluation": {"data_loader", "evaluation"},
    "experiments": {"data_loader", "models", "evaluation", "experiments"},
}
FILES = {file.relative_to(PROJECT).as_posix(): file for room in ALLOWED for file in (PROJECT / room).rglob("*.py")}
TREES = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in FILES.items()}
MOST_FILES, MOST_LINES, MOST_LINES_A_FILE = 89, 12144, 300
BACKENDS = {"tensorflow", "jax", "torch"}


def file_of(module):
    """The file of a dotted module of ours, or None."""
    path = module.replace(".", "/")
    return next((name for name in (f"{path}.py", f"{path}/__init__.py") if name in FILES), None)


def imported_modules(nodes):
    """The modules that import statements name; `from a import b` names a.b where that is a module of ours."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if file_of(inner) else node.module


def imports_of(name):
    """Files of ours that a file imports, at its top or within a function."""
    return {file_of(module) for module in imported_modules(ast.walk(TREES[name]))} - {None, name}


def test_no_room_imports_from_one_above_it():
    wrong = [
        f"{name} imports {imported}"
        for name in FILES
        for imported in imports_of(name)
        if imported.split("/")[0] not in ALLOWED[name.split("/")[0]]
    ]
    assert not wrong


def test_no_file_imports_itself_through_others():
    try:
        TopologicalSorter({name: imports_of(name) for name in FILES}).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_a_reader_can_hold_it_in_mind():
    lines = {name: len(file.read_text(encoding="utf-8").splitlines()) for name, file in FILES.items()}
    assert {name: count for name, count in lines.items() if count > MOST_LINES_A_FILE} == {}
    assert len(lines) <= MOST_FILES
    assert sum(lines.values()) <= MOST_LINES


def test_no_file_needs_a_backend_when_it_is_imported():
    for name, tree in TREES.items():
        needed = {module.split(".")[0] for module in imported_modules(tree.body)}
        assert not needed & BACKENDS, name
