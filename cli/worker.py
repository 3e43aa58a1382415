"""`gridward worker`: run queued jobs until told to stop."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from cli.context import JsonOption, command_context

app = typer.Typer()


@app.command()
def worker(
    ctx: typer.Context,
    slots: Annotated[int | None, typer.Option(help="Jobs to run at a time.", show_default="1")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run queued jobs until interrupted; a job that is cut off is taken up again later."""
    from services import jobs
    from services.deliveries import outbound_of
    from services.settings import Settings

    context = command_context(ctx)
    settings = Settings.read(job_slots=slots)
    chosen = settings.jobs
    database = context.database
    said = f'{{"state": "running", "slots": {chosen.job_slots}}}' if as_json else "Waiting for jobs (Ctrl-C stops)"
    print(said, flush=True)
    asyncio.run(
        jobs.work_until_told(
            database,
            slots=chosen.job_slots,
            stalled_s=chosen.job_stalled_s,
            time_zone=settings.cases.time_zone,
            audit_months=settings.access.audit_months,
            outbound=outbound_of(settings),
        )
    )
