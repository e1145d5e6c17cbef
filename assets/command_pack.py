"""The commands that write an evidence pack and check one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assets.console import ALL_ACCEPTED, EXIT_CODES, SOMETHING_REFUSED, HomeOption, home_of, out, usage
from assets.home import write_whole
from assets.inputs import digest
from assets.pack import pack as packed
from assets.pack import zipped
from assets.pack_check import SUMS
from assets.verified import verified

pack_app = typer.Typer()


@pack_app.command(epilog=EXIT_CODES)
def pack(
    county: Annotated[str, typer.Option("--county", help="县级行政区划代码。County code.")],
    year: Annotated[int, typer.Option("--year", help="学年，如 2023。School year.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="文件夹，或以 .zip 结尾的文件。A folder, or a file that ends in .zip."),
    ] = None,
    source: Annotated[str, typer.Option("--source", help="数据来源。Source, where two have the code.")] = "",
    home: HomeOption = None,
) -> None:
    """写出一个县的证据包：不装本系统也能核对。Writes a county's evidence pack: to be checked without this system."""
    store = home_of(home)
    files = packed(store, year, county, source or None)
    name = f"{year}-{county}-evidence"
    target = output or Path(f"{name}.zip")
    try:
        if target.suffix == ".zip":
            write_whole(target, zipped(files, name))
        else:
            if target.is_dir() and any(target.iterdir()):
                usage(f"{target} 不是空文件夹；请换一个。 / The folder is not empty; choose another.")
            for path, content in files.items():
                write_whole(target / path, content)
    except OSError as fault:
        usage(f"写不了 {target}（{fault.strerror}）；请换一个地方。 / It cannot be written; choose another place.")
    out.print(f"{len(files):,} 个文件 files → {target}", markup=False)
    out.print(f"SHA-256 of {SUMS}: {digest(files[SUMS])}", markup=False)
    out.print(f"核对 check:  junheng verify {target}，或解开后 or unpacked: python3 check.py", markup=False)


@pack_app.command(epilog=EXIT_CODES)
def verify(
    path: Annotated[Path, typer.Argument(help="证据包：文件夹或 zip。A pack: folder or zip.", show_default=False)],
) -> None:
    """核对一个证据包：哈希，并重新计算。Checks an evidence pack: hashes, and every figure computed again."""
    if not path.exists():
        usage(f"没有 {path} / no such file or folder")
    agrees, lines = verified(path)
    for line in lines:
        out.print(line, markup=False)
    raise typer.Exit(ALL_ACCEPTED if agrees else SOMETHING_REFUSED)
