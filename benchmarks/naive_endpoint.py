"""What a service usually looks like, to measure beside ours: FastAPI, pydantic and SQLAlchemy, a row a measurement."""

from __future__ import annotations

import socket
import sys
from datetime import datetime

import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import orm


class Base(orm.DeclarativeBase):
    """The tables."""


class RunRow(Base):
    """A run."""

    __tablename__ = "run"
    id: orm.Mapped[str] = orm.mapped_column(primary_key=True)
    serial: orm.Mapped[str] = orm.mapped_column(index=True)
    station_id: orm.Mapped[str]
    plan: orm.Mapped[str]
    operator: orm.Mapped[str]
    started_at: orm.Mapped[datetime]
    verdict: orm.Mapped[str]
    measurements: orm.Mapped[list[MeasurementRow]] = orm.relationship()


class MeasurementRow(Base):
    """A measurement."""

    __tablename__ = "measurement"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    run_id: orm.Mapped[str] = orm.mapped_column(sa.ForeignKey("run.id"), index=True)
    name: orm.Mapped[str] = orm.mapped_column(index=True)
    value: orm.Mapped[float]
    unit: orm.Mapped[str]
    low: orm.Mapped[float | None]
    high: orm.Mapped[float | None]
    outcome: orm.Mapped[str]


class Measurement(BaseModel):
    """A measurement as sent."""

    name: str
    value: float
    unit: str
    low: float | None
    high: float | None
    outcome: str


class Unit(BaseModel):
    """A unit as sent."""

    serial: str


class Plan(BaseModel):
    """A plan as sent."""

    name: str


class Run(BaseModel):
    """A run as sent."""

    id: str
    unit: Unit
    station_id: str
    plan: Plan
    operator: str
    started_at: datetime
    verdict: str
    measurements: list[Measurement]


def make_app(database: str) -> FastAPI:
    """One endpoint, one transaction a request; SQLite commits as durably as ours."""
    engine = sa.create_engine(f"sqlite:///{database}", connect_args={"timeout": 60})

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sa.engine.interfaces.DBAPIConnection, _: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.cursor().execute(f"PRAGMA {pragma}")

    Base.metadata.create_all(engine)
    app = FastAPI()

    @app.put("/v1/runs/{run_id}", status_code=201)
    def put_run(run_id: str, run: Run) -> dict[str, str]:
        with orm.Session(engine) as session:
            row = RunRow(
                id=run_id,
                serial=run.unit.serial,
                station_id=run.station_id,
                plan=run.plan.name,
                operator=run.operator,
                started_at=run.started_at,
                verdict=run.verdict,
                measurements=[MeasurementRow(**measurement.model_dump()) for measurement in run.measurements],
            )
            session.add(row)
            session.commit()
        return {"id": run_id}

    return app


if __name__ == "__main__":
    app = make_app(sys.argv[1])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(f"serving http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])
