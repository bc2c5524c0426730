"""CloudFormation's custom resource protocol: the answer goes by PUT to a presigned S3 address.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref.html
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

_WAITS_SECONDS = (1, 2, 4)
_TIMEOUT_SECONDS = 10


def is_request(event: Mapping[str, Any]) -> bool:
    return "ResponseURL" in event and "RequestType" in event


def answer(
    event: Mapping[str, Any],
    act: Callable[[], Mapping[str, Any]],
    *,
    log_stream: str,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Tells CloudFormation what came of `act`, which is called for Create and Update; a Delete has nothing to do.

    Without an answer the deployment would hang until its timeout, so a failure is answered before it is raised.
    """
    if event["RequestType"] == "Delete":
        _put(event, {"Status": "SUCCESS"}, sleep)
        return
    try:
        data = act()
    except Exception as error:
        # The reason is shown to whoever may see the stack; what exactly failed is in the function's log.
        reason = f"{type(error).__name__}; see the log stream {log_stream}"
        _put(event, {"Status": "FAILED", "Reason": reason}, sleep)
        raise
    _put(event, {"Status": "SUCCESS", "Data": data}, sleep)


def _put(event: Mapping[str, Any], outcome: Mapping[str, Any], sleep: Callable[[float], None]) -> None:
    names = ("StackId", "RequestId", "LogicalResourceId")
    # One id for good: another would make CloudFormation delete the resource of the former.
    body = {**outcome, **{name: event[name] for name in names}, "PhysicalResourceId": "database-migration"}
    # The address is signed for an empty content type.
    request = Request(event["ResponseURL"], data=json.dumps(body).encode(), method="PUT", headers={"Content-Type": ""})
    for wait in (*_WAITS_SECONDS, None):
        try:
            with urlopen(request, timeout=_TIMEOUT_SECONDS):
                return
        except (URLError, OSError) as error:
            if isinstance(error, HTTPError):
                error.close()  # it is the answer, too, and holds the connection
            if wait is None:
                raise
            sleep(wait)
