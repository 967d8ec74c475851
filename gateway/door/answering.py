"""A request's way through gunicorn and the application, which ends in an answer whatever happens on it."""

import errno
from typing import Any

from gateway.door.connection import Connection
from gateway.refusals import REFUSAL

_GONE = (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.EBADF)


def answer(worker: Any, connection: Connection) -> bool:
    """Whether another request may follow. Raises nothing. `worker` is gunicorn's."""
    try:
        keeps = bool(worker.handle_request(connection.request, connection))
        connection.sock.flush()
    except StopIteration:
        return False
    except OSError as error:
        if error.errno not in _GONE:
            worker.log.exception("an answer was not sent")
        return False
    except Exception as error:
        if REFUSAL in connection.sock.notes:
            worker.log.exception("a refusal was not sent")
            return False
        # Whatever gunicorn could not do, the application answers for.
        connection.sock.notes[REFUSAL] = error
        connection.request.force_close()
        return answer(worker, connection)
    finally:
        connection.request.body.close()
    return keeps
