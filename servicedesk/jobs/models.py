"""Tables: the scheduler's lease and what each job did last."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from servicedesk.database import Base


class Lease(Base):
    """Who may tick (租约): taken by conditional update with the database's clock, in epoch seconds."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    until: Mapped[float]
    epoch: Mapped[int]


class JobRun(Base):
    """The last run of a job: the pages and ``/readyz`` tell from it whether all is well."""

    __tablename__ = "job_run"

    name: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    finished_at: Mapped[datetime]
    seconds: Mapped[float]
    changed: Mapped[int]
    error: Mapped[str]
