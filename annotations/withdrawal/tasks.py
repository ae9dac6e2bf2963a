"""Tasks of the data queue: withdrawals, and what goes by its age."""

from celery import shared_task

from annotations.withdrawal.models import Withdrawal
from annotations.withdrawal.retention import apply_rules
from facsweb.jobs.tasks import run_job


@shared_task
def carry_out_withdrawal(run_id: int) -> None:
    run_job(Withdrawal, run_id, "annotations.withdrawal.carry_out.carry_out")


@shared_task
def apply_retention() -> None:
    apply_rules()
