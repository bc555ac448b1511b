"""What the processes of a Ray cluster tell the driver, and it them."""


class Board:
    """An actor: its methods are called from other processes, one at a time.

    Progress stays pickled here, so that this small process need not import Keras.
    """

    def __init__(self) -> None:
        self._news: list[tuple[str, bytes]] = []
        self._stopping = False

    def tell(self, config_hash: str, progress: bytes) -> None:
        """A trial got on."""
        self._news.append((config_hash, progress))

    def news(self) -> list[tuple[str, bytes]]:
        """What was told since the last call."""
        news, self._news = self._news, []
        return news

    def stop(self) -> None:
        """Every trial is to stop after its epoch, and none to start."""
        self._stopping = True

    def stopping(self) -> bool:
        return self._stopping
