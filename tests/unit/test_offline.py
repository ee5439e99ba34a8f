"""The network is off in all tests, here and in every process that a test starts."""

import os
import socket
import subprocess
import sys

import pytest

ADDRESS = ("192.0.2.1", 80)  # a documentation address: nobody is there


def test_this_process_is_offline():
    with pytest.raises(OSError, match="network is off"):
        socket.create_connection(ADDRESS, timeout=1)
    with pytest.raises(OSError, match="network is off"):
        socket.getaddrinfo("example.org", 80)


def test_children_are_offline_too():
    code = f"import socket; socket.create_connection({ADDRESS}, timeout=1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "the network is off in tests" in done.stderr


def test_loopback_works():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


@pytest.mark.slow
def test_kernels_are_offline():
    from nbformat.v4 import new_code_cell, new_notebook

    from press.run import environment, execute

    cell = new_code_cell(f"import socket, dlroadmap\nsocket.create_connection({ADDRESS}, timeout=1)")
    env = environment() | {"PYTHONPATH": os.environ["PYTHONPATH"]}
    execute(book := new_notebook(cells=[cell]), ".", allow_errors=True, env=env)
    assert book.cells[0].outputs[0].ename == "NetworkOff"


@pytest.mark.slow
def test_nbval_kernels_are_this_checkout_and_offline(root, tmp_path):
    """nbval starts its kernels in its own way: ask one."""
    from nbformat import write
    from nbformat.v4 import new_code_cell, new_notebook

    cell = new_code_cell(
        "import dlroadmap, socket\n"
        f"assert dlroadmap.__file__.startswith({str(root)!r}), dlroadmap.__file__\n"
        "try:\n    socket.create_connection(('192.0.2.1', 80), timeout=1)\n"
        "except OSError as e:\n    assert 'network is off' in str(e)\n"
        "else:\n    raise AssertionError('online')")
    cell.execution_count = 1
    write(new_notebook(cells=[cell]), tmp_path / "ask.ipynb")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--nbval-lax", "--nbval-current-env",
         "-p", "no:cacheprovider", str(tmp_path / "ask.ipynb")], capture_output=True, text=True,
        cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
