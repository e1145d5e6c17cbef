"""What every command stands on: the application, its two consoles, its exit codes, its words for a user's mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from assets.home import Home, default_home
from pipelines.limits import shown_text
from schemas.source import Source, sources
from standards.standard import Standard

ALL_ACCEPTED, SOMETHING_REFUSED, USAGE, OUR_FAULT, LOCKED, STOPPED = 0, 1, 2, 3, 4, 5
EXIT_CODES = (
    "退出码 / exit codes: 0 全部收录 all accepted · 1 有拒收 something refused · 2 用法有误 usage · "
    "3 程序故障 our fault · 4 目录被占用 locked · 5 会逆转已关闭年份的结论，没有发布 stopped by the guard"
)

app = typer.Typer(
    name="junheng",
    help="均衡：县域义务教育均衡监测。Measures whether compulsory education is balanced inside each county.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


class _Terminal(Console):
    """A console to which no text of a file can give orders: what steers a terminal is spelt out."""

    def print(self, *objects: Any, **options: Any) -> None:
        """The objects, texts among them without control characters."""
        super().print(*(shown_text(one) if isinstance(one, str) else one for one in objects), **options)


out = _Terminal(soft_wrap=True, highlight=False)
err = _Terminal(stderr=True, soft_wrap=True, highlight=False)

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="全部状态所在目录，默认 JUNHENG_HOME 或检出目录下的 .junheng。Folder of all state."),
]


def home_of(home: Path | None) -> Home:
    """The home that an option names, else the default one."""
    return Home(home.expanduser().resolve() if home else default_home())


def usage(message: str) -> NoReturn:
    """The command ended: what is wrong with what was asked."""
    err.print(f"[bold]✕[/] {message}")
    raise typer.Exit(USAGE)


def source_of(name: str) -> Source:
    """The source of this name."""
    if name not in sources():
        usage(f"没有来源“{name}”；有：{'、'.join(sources())} / no such source; there are {', '.join(sources())}")
    return sources()[name]


def standard_of(store: Home, name: str) -> Standard:
    """The standard of this name, ours or the home's own."""
    known = store.standards
    if name not in known:
        usage(f"没有标准“{name}”；有：{'、'.join(known)} / no such standard")
    return known[name]
