"""Everything Dagster loads: `dagster dev -w workspace.yaml`."""

import dagster as dg

from assets.automation import inbox_sensor, nightly, refresh_job
from assets.checks import CHECKS
from assets.resource import HomeResource
from assets.tables import REPORT_ASSETS, TABLE_ASSETS

defs = dg.Definitions(
    assets=[*TABLE_ASSETS, *REPORT_ASSETS],
    asset_checks=CHECKS,
    jobs=[refresh_job],
    schedules=[nightly],
    sensors=[inbox_sensor],
    resources={"home": HomeResource()},
    executor=dg.in_process_executor,
)
