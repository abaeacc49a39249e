"""Expressions that `DataFrame.eval` takes, of columns that are not known yet."""

import ast
import io
import operator
import tokenize
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from export.converters.cells import UntraceableError

_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.And: operator.and_,
    ast.Or: operator.or_,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda column, members: column.isin(members),
    ast.NotIn: lambda column, members: ~column.isin(members),
}
_UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.invert,
    ast.Invert: operator.invert,
}
_BOOLEANS = {"&": "and", "|": "or"}
_FUNCTIONS = """
abs arccos arccosh arcsin arcsinh arctan arctanh arctan2 ceil cos cosh exp expm1 floor log log10
log1p sin sinh sqrt tan tanh
""".split()  # noqa: SIM905 - one name a line would fill a page
"""What pandas lets an expression call."""


def evaluate(expression: str, columns: Mapping[str, Any]) -> tuple[str | None, Any]:
    """Return what an expression is of some columns, and the name that it is given, or None.

    Raises UntraceableError for what is not followed.
    """
    if set(expression) & set("@`"):
        message = (
            "it calls .eval with @ or `; write the expression as Python, as in d['a'] / d['b']"
        )
        raise UntraceableError(message)
    (statement,) = ast.parse(_with_words(expression)).body
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id, _value(statement.value, columns)
    return None, _value(getattr(statement, "value", statement), columns)


def _with_words(expression: str) -> str:
    """Write `and` for &, and `or` for |, which to pandas bind as loosely."""
    read = tokenize.generate_tokens(io.StringIO(expression.strip()).readline)
    return " ".join(_BOOLEANS.get(each.string, each.string) for each in read).strip()


def _value(node: Any, columns: Mapping[str, Any]) -> Any:
    """Return what a part of an expression is of the columns."""
    of: dict[type[ast.AST], Callable[[], Any]] = {
        ast.Constant: lambda: node.value,
        ast.Name: lambda: columns[node.id],
        ast.List: lambda: [_value(each, columns) for each in node.elts],
        ast.UnaryOp: lambda: _UNARY[type(node.op)](_value(node.operand, columns)),
        ast.BinOp: lambda: _joined(node.op, node.left, node.right, columns),
        ast.BoolOp: lambda: reduce(
            _BINARY[type(node.op)], [_value(each, columns) for each in node.values]
        ),
        ast.Compare: lambda: reduce(operator.and_, _compared(node, columns)),
        ast.Call: lambda: _called(node, columns),
    }
    try:
        return of[type(node)]()
    except KeyError:
        message = f"it calls .eval with {ast.unparse(node)}; write the expression as Python"
        raise UntraceableError(message) from None


def _joined(op: ast.AST, one: ast.AST, other: ast.AST, columns: Mapping[str, Any]) -> Any:
    return _BINARY[type(op)](_value(one, columns), _value(other, columns))


def _compared(node: Any, columns: Mapping[str, Any]) -> list[Any]:
    """Return each comparison of a chain of them."""
    sides = [node.left, *node.comparators]
    return [
        _joined(op, one, other, columns)
        for op, one, other in zip(node.ops, sides[:-1], sides[1:], strict=True)
    ]


def _called(node: Any, columns: Mapping[str, Any]) -> Any:
    name = str(getattr(node.func, "id", ""))
    function = {each: getattr(np, each) for each in _FUNCTIONS}[name]
    return function(*[_value(each, columns) for each in node.args])
