"""The tests' own PostgreSQL server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from postgres import Server, programs, wait_until

STARTING = """
import sys, time
from postgres import Server, programs
print(Server(programs()).folder, flush=True)
time.sleep(600)
"""


@pytest.mark.postgres
def test_a_server_ends_with_a_process_that_is_killed():
    if programs() is None:
        pytest.skip("needs PostgreSQL's server programs (initdb): `make test-all` installs them")
    process = subprocess.Popen(
        [sys.executable, "-c", STARTING], cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True
    )
    folder = Path(process.stdout.readline().strip())
    running = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    assert Path(f"/proc/{running}").exists()
    process.kill()
    process.wait(10)
    process.stdout.close()
    wait_until(lambda: not folder.exists(), 30)
    wait_until(lambda: not Path(f"/proc/{running}").exists(), 30)


@pytest.mark.postgres
def test_a_database_of_a_test_is_gone_after_it(postgres):
    assert isinstance(postgres, Server)
    with postgres.new_database(migrated=False) as url:
        name = url.database
        postgres.execute(f"ALTER DATABASE {name} SET timezone = 'UTC'")
    with pytest.raises(Exception, match="does not exist"):
        postgres.execute(f"ALTER DATABASE {name} SET timezone = 'UTC'")
