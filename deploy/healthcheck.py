"""Container health check: exit 0 when the service on this machine answers that it is alive.

python healthcheck.py [PORT]
"""

import sys
import urllib.error
import urllib.request

DEFAULT_PORT = "8040"
TIMEOUT_S = 2.0


def alive(port: str) -> bool:
    """Whether the process behind the port answers within the timeout."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=TIMEOUT_S) as response:
            return response.status == 200
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


if __name__ == "__main__":
    sys.exit(0 if alive(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_PORT) else 1)
