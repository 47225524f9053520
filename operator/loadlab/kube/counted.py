"""The official client, telling of each request what came of it."""

from collections.abc import Callable
from typing import Any

from kubernetes.aio.client import ApiClient, Configuration

NO_ANSWER = 0  # in the place of a status code
Asked = Callable[[str, int], None]  # the verb and the answer's status code


class CountedClient(ApiClient):
    """Tells `asked` of each request; a read that is asked again counts once, by its last answer."""

    def __init__(self, configuration: Configuration, asked: Asked) -> None:
        super().__init__(configuration)
        self._asked = asked

    async def call_api(self, method: str, *args: Any, **options: Any) -> Any:
        code = NO_ANSWER
        try:
            answer = await super().call_api(method, *args, **options)
            code = answer.status
        finally:
            self._asked(method, code)
        return answer
