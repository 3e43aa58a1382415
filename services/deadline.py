"""When a request must be over, for the edge that sets it and the database that keeps to it."""

from store.database.deadline import Deadline, TookTooLongError, deadline

__all__ = ["Deadline", "TookTooLongError", "deadline"]
