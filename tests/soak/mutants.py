"""Mutants of a module: its source with one decision, value or statement changed, each named by what was changed.

What is only told to people is left alone: texts with a space or a Chinese character in them, docstrings, and what an
error says. So are annotations and decorators.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
OPPOSITES = {"any": "all", "all": "any", "min": "max", "max": "min"}
UNTOUCHED = ("annotation", "returns", "decorator_list", "pattern", "msg", "bases")
"""Fields of nodes that decide nothing while the program runs."""
CUTTABLE = (ast.Expr, ast.AugAssign, ast.Raise, ast.Continue, ast.Break, ast.Delete)
LONGEST = 110
NOTHING = "nothing"

Way = tuple[tuple[str, int | None], ...]
"""From a module to a node: field by field, with the place where the field is a list."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """``scope`` is the outermost function as Python qualifies it, "" where the change is in none."""

    scope: str
    name: str
    source: str
    way: Way
    after: ast.AST | None

    def tree(self) -> ast.Module:
        """The whole module with its change."""
        module = ast.parse(self.source)
        _put(module, self.way, self.after)
        return ast.fix_missing_locations(module)


def mutants_of(source: str) -> list[Mutant]:
    """Every mutant, in the order of the source; names are unique and hold no line number."""
    module = ast.parse(source)
    seen: Counter[str] = Counter()
    found = []
    for way, scope, shown, node in _sites(module):
        for after in _changes(node):
            before = _at(module, shown)
            name = f"{scope or 'module'}: {_told(_text(before), _changed(before, way[len(shown) :], after))}"
            seen[name] += 1
            number = f" (no. {seen[name]})" if seen[name] > 1 else ""
            found.append(Mutant(_function(module, way), name + number, source, way, after))
    return [mutant for mutant in found if mutant.scope or not isinstance(mutant.after, ast.BinOp)]  # aliases of types


def _changed(before: ast.AST, way: Way, after: ast.AST | None) -> str:
    """What ``before`` becomes; ``way`` leads from it to what is changed."""
    if after is None:
        return NOTHING
    if not way:
        return _text(after)
    whole = copy.deepcopy(before)
    _put(whole, way, after)
    return _text(whole)


def _sites(module: ast.Module) -> Iterator[tuple[Way, str, Way, ast.AST]]:
    """Way to a node, the scope it is in, way to what is shown of it, and the node."""

    def walk(node: ast.AST, way: Way, scope: tuple[str, ...], shown: Way) -> Iterator[tuple[Way, str, Way, ast.AST]]:
        yield way, ".".join(scope), shown, node
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            scope = (*scope, node.name)
        for field, place, child in _children(node):
            there: Way = (*way, (field, place))
            if not isinstance(child, ast.Constant | ast.keyword) or isinstance(node, ast.arguments):
                yield from walk(child, there, scope, there)
            else:  # by itself it says too little
                yield from walk(child, there, scope, shown if isinstance(node, ast.keyword) else way)

    yield from walk(module, (), (), ())


def _children(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if field in UNTOUCHED or (type(node), field) in ((ast.Raise, "exc"), (ast.ClassDef, "keywords")):
            continue
        for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and not _is_told(node, child):
                yield field, place, child


def _is_told(parent: ast.AST, node: ast.AST) -> bool:
    """Whether a person reads it, or a type checker alone."""
    if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
        return True
    if isinstance(parent, ast.Expr) and isinstance(node, ast.Constant):
        return True
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and (" " in text or not text or not text.isascii())


def _changes(node: ast.AST) -> Iterator[ast.AST | None]:
    """What may stand in the place of ``node``; None for nothing at all."""
    yield from _values(node)
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in OPPOSITES:
            yield ast.Call(ast.Name(OPPOSITES[name], ast.Load()), node.args, node.keywords)
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if _is_plain(test):
            turned = copy.copy(node)
            turned.test = ast.UnaryOp(ast.Not(), test)
            yield turned
        case ast.comprehension() if node.ifs:
            yield ast.comprehension(node.target, node.iter, [], node.is_async)
        case ast.match_case(guard=ast.expr()):
            yield ast.match_case(node.pattern, None, node.body)
    if _is_cuttable(node):
        yield None


def _values(node: ast.AST) -> Iterator[ast.expr | ast.AugAssign]:
    """Other operators and other constants."""
    match node:
        case ast.Compare():
            for place, sign in enumerate(node.ops):
                signs = [*node.ops]
                signs[place] = COMPARISONS[type(sign)]()
                yield ast.Compare(node.left, signs, node.comparators)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            for place in range(len(node.values)):
                rest = [*node.values[:place], *node.values[place + 1 :]]
                yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.BinOp(left=ast.Name(id="float" | "int" | "str" | "bool")):
            return  # a union of types
        case ast.BinOp() | ast.AugAssign() if type(node.op) in ARITHMETIC:
            other = copy.copy(node)
            other.op = ARITHMETIC[type(node.op)]()
            yield other
        case ast.Constant(value=bool() | int() | float() | str() as value):
            yield ast.Constant(_other(value))


def _other(value: str | float) -> str | float:
    if isinstance(value, bool):
        return not value
    return f"{value}_" if isinstance(value, str) else value + 1


def _is_plain(test: ast.expr) -> bool:
    """A condition that no other change turns round."""
    return not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant)


def _is_cuttable(node: ast.AST) -> bool:
    """Whether the program may be understood without this statement: no name is missing then."""
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant | ast.Yield)
    if isinstance(node, ast.Assign):
        return not all(isinstance(target, ast.Name | ast.Tuple) for target in node.targets)
    return isinstance(node, CUTTABLE)


def _at(tree: ast.AST, way: Way) -> ast.AST:
    node = tree
    for field, place in way:
        value = vars(node)[field]
        node = value if place is None else value[place]
    return node


def _put(tree: ast.AST, way: Way, after: ast.AST | None) -> None:
    parent, (field, place) = _at(tree, way[:-1]), way[-1]
    new = ast.Pass() if after is None else copy.deepcopy(after)
    if place is None:
        setattr(parent, field, new)
    else:
        vars(parent)[field][place] = new


def _function(module: ast.Module, way: Way) -> str:
    """The outermost function whose body holds the node, qualified by its classes."""
    names: list[str] = []
    node: ast.AST = module
    for field, place in way:
        if isinstance(node, ast.ClassDef) and field == "body":
            names.append(node.name)
        if isinstance(node, ast.FunctionDef):
            return ".".join((*names, node.name)) if field == "body" else ""
        value = vars(node)[field]
        node = value if place is None else value[place]
    return ""


def _text(node: ast.AST) -> str:
    """The first line of ``node`` as Python would write it."""
    if isinstance(node, ast.match_case):
        return "case" + (f" if {ast.unparse(node.guard)}" if node.guard else "")
    return ast.unparse(node).splitlines()[0]


def _told(before: str, after: str) -> str:
    """The change in words; of long ones what is around the first difference."""
    place = next((place for place, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), 0)
    first = max(0, place - LONGEST // 2) if max(len(before), len(after)) > LONGEST else 0
    return " -> ".join(_cut(text, first if text != NOTHING else 0) for text in (before, after))


def _cut(text: str, first: int) -> str:
    part = text[first : first + LONGEST]
    return ("…" if first else "") + part + ("…" if first + LONGEST < len(text) else "")
