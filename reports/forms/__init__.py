"""The forms of an evaluation, 表册: what a county hands in, filled from the tables.

`forms` makes those of a county, `province_forms` those of all its counties stacked; `write_forms` prints a workbook,
`forms_csv` one form for machines.
"""

from __future__ import annotations

from reports.forms.form import About, Cell, Column, Form
from reports.forms.sets import forms, province_forms
from reports.forms.workbook import forms_csv, write_forms

__all__ = ["About", "Cell", "Column", "Form", "forms", "forms_csv", "province_forms", "write_forms"]
