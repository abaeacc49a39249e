"""How each service is started, and what it is asked."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from benchmarks.serving.cases import Case, Record
from benchmarks.serving.process import Request

HERE = Path(__file__).parent
PEERS = HERE / "peers"
ROOT = HERE.parents[1]
CACHE = Path(".cache/bench")

Rows = list[Record]


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its environment, its command, and the requests that it takes."""

    name: str
    title: str
    command: Callable[[Case, int, Path], Sequence[str]]
    """For a model, a port and a folder of its own."""
    body: Callable[[Case, Rows], Any]
    path: str = "/predict"
    batch_path: str | None = None
    """Where many rows go, if not to `path`."""
    peer: str | None = None
    """Its environment under `peers/`; none for what runs in the project's own."""
    environment: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    """Of many rows; one row is always sent in JSON."""
    least_rows: int = 1
    """How many it is asked for at least."""

    def request(self, case: Case, rows: int, port: int) -> Request:
        """Return a request with so many rows."""
        path = self.path if rows == 1 or self.batch_path is None else self.batch_path
        document = self.body(case, case.rows(rows))
        body = document if isinstance(document, bytes) else msgspec.json.encode(document)
        media_type = "application/json" if rows == 1 else self.media_type
        return Request(f"http://127.0.0.1:{port}{path}", body, media_type)

    def settings(self, case: Case, port: int) -> dict[str, str]:
        """Return what its environment has besides the caller's."""
        folders = [str(PEERS), str(PEERS / self.peer)] if self.peer else [str(ROOT)]
        programs = [str(python(self.peer).parent)] if self.peer else []
        return {
            "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join(folders),
            "BENCHMARK_MODEL": str(case.folder.resolve()),
            "PORT": str(port),
            "ARTIFACTS": str((case.folder / "artifacts").resolve()),
            **self.environment,
        }


def python(peer: str) -> Path:
    """Return the interpreter of a peer's environment."""
    return (CACHE / peer / "bin/python").absolute()


def install(peer: str) -> None:
    """Make a peer's environment, unless there is one with the same pins.

    Raises subprocess.CalledProcessError, with uv's words, where that fails.
    """
    pins = PEERS / peer / "requirements.txt"
    stamp = CACHE / peer / "installed.txt"
    if stamp.exists() and stamp.read_bytes() == pins.read_bytes():
        return
    uv = str(Path(sys.executable).with_name("uv"))
    make = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(CACHE / peer)]
    fill = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python(peer))]
    for command in (make, [*fill, "-r", str(pins)]):
        subprocess.run(command, check=True, capture_output=True, text=True)
    stamp.write_bytes(pins.read_bytes())


def _record_or_list(_: Case, rows: Rows) -> Any:
    return rows[0] if len(rows) == 1 else rows


def _csv(_: Case, rows: Rows) -> Any:
    if len(rows) == 1:
        return rows[0]
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def _arrow(_: Case, rows: Rows) -> Any:
    if len(rows) == 1:
        return rows[0]
    table = pa.Table.from_pylist(rows)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _rows(_: Case, rows: Rows) -> Any:
    return {"rows": rows}


def _split(case: Case, rows: Rows) -> Any:
    data = [list(row.values()) for row in rows]
    if case.strings:
        return {"dataframe_split": {"columns": list(rows[0]), "data": data}}
    return {"inputs": data}


def _tensors(case: Case, rows: Rows) -> Any:
    """Return the Open Inference Protocol's form: one tensor, or for a data frame one a column."""
    if not case.strings:
        data = [value for row in rows for value in row.values()]
        shape = [len(rows), len(rows[0])]
        return {"inputs": [{"name": "x", "shape": shape, "datatype": "FP64", "data": data}]}
    inputs = []
    for name in rows[0]:
        text = name in case.strings
        inputs.append(
            {
                "name": name,
                "shape": [len(rows), 1],
                "datatype": "BYTES" if text else "FP64",
                "parameters": {"content_type": "str"} if text else {},
                "data": [row[name] for row in rows],
            }
        )
    return {"parameters": {"content_type": "pd"}, "inputs": inputs}


def _skiff(_: Case, __: int, ___: Path) -> list[str]:
    return [sys.executable, "-m", "runtime", "serve"]


def _uvicorn(application: str, interpreter: Path, port: int) -> list[str]:
    options = ["--port", str(port), "--no-access-log", "--log-level", "warning"]
    return [str(interpreter), "-m", "uvicorn", application, *options]


def _mlserver(case: Case, port: int, folder: Path) -> list[str]:
    settings = {
        "http_port": port,
        "grpc_port": port + 1,
        "metrics_port": port + 2,
        "host": "127.0.0.1",
        "parallel_workers": 0,
        "debug": False,
        "access_log": False,
    }
    model = {
        "name": "model",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": str((case.folder / "model.joblib").resolve())},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "model-settings.json").write_text(json.dumps(model))
    return [str(python("mlserver").with_name("mlserver")), "start", str(folder)]


def _mlflow(case: Case, port: int, folder: Path) -> list[str]:
    interpreter = python("mlflow")
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(PEERS), "BENCHMARK_MODEL": str(case.folder)}
    subprocess.run(
        [str(interpreter), str(PEERS / "mlflow/save.py"), str(folder / "model")],
        check=True,
        capture_output=True,
        env=environment,
    )
    return [
        *(str(interpreter.with_name("mlflow")), "models", "serve", "-m", str(folder / "model")),
        *("-h", "127.0.0.1", "-p", str(port), "--env-manager", "local", "--workers", "1"),
    ]


def _script(peer: str) -> Callable[[Case, int, Path], list[str]]:
    def command(_: Case, port: int, __: Path) -> list[str]:
        interpreter = python(peer)
        return [str(interpreter), str(PEERS / peer / "server.py"), str(port)]

    return command


def _bentoml(_: Case, port: int, __: Path) -> list[str]:
    command = str(python("bentoml").with_name("bentoml"))
    return [
        command,
        "serve",
        "service:Classifier",
        "--port",
        str(port),
        "--working-dir",
        str(PEERS / "bentoml"),
    ]


SERVICES = (
    Service(
        "constant",
        "uvicorn answering a constant",
        lambda _, port, __: _uvicorn("benchmarks.serving.constant:app", Path(sys.executable), port),
        _record_or_list,
    ),
    Service(
        "skiff",
        "Skiff",
        _skiff,
        _record_or_list,
    ),
    Service(
        "skiff-csv",
        "Skiff, CSV",
        _skiff,
        _csv,
        media_type="text/csv",
        least_rows=10_000,
    ),
    Service(
        "skiff-arrow",
        "Skiff, an Arrow stream",
        _skiff,
        _arrow,
        media_type="application/vnd.apache.arrow.stream",
        least_rows=10_000,
    ),
    Service(
        "tutorial",
        "FastAPI + joblib, the tutorial",
        lambda _, port, __: _uvicorn("main:app", python("tutorial"), port),
        _record_or_list,
        batch_path="/predict_batch",
        peer="tutorial",
    ),
    Service(
        "mlserver",
        "MLServer",
        _mlserver,
        _tensors,
        "/v2/models/model/infer",
        peer="mlserver",
    ),
    Service("litserve", "LitServe", _script("litserve"), _rows, peer="litserve"),
    Service(
        "vetiver",
        "vetiver",
        _script("vetiver"),
        lambda _, rows: rows,
        "/predict",
        peer="vetiver",
    ),
    Service(
        "bentoml",
        "BentoML",
        _bentoml,
        _rows,
        peer="bentoml",
        environment={"BENTOML_DO_NOT_TRACK": "true"},
    ),
    Service(
        "mlflow",
        "MLflow",
        _mlflow,
        _split,
        "/invocations",
        peer="mlflow",
        environment={"MLFLOW_DISABLE_TELEMETRY": "true"},
    ),
    Service(
        "ray",
        "Ray Serve",
        _script("ray"),
        _rows,
        peer="ray",
        environment={
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_SERVE_ENABLE_HA_PROXY": "1",
            "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
            "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
            "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "60",
        },
    ),
)
