"""What holds the callers of the API back: all of them, one key, one address."""

import json
import re

import pytest

from tests.unit.deployed import Deployed
from tests.unit.test_first_deployment import FIRST, PARAMETERS

KEYS = Deployed(RequireApiKey="true", ApiRateLimit="300", ApiKeyRateLimit="7", ApiKeyBurstLimit="9")


def test_each_key_has_a_rate_of_its_own_below_that_of_all() -> None:
    assert KEYS.properties("ApiUsagePlan")["Throttle"] == {"RateLimit": "7", "BurstLimit": "9"}
    [stage] = KEYS.of_type("AWS::ApiGateway::Stage").values()
    [settings] = stage["MethodSettings"]
    assert settings["ThrottlingRateLimit"] == "300"
    for limit in ("RateLimit", "BurstLimit"):
        assert PARAMETERS[f"ApiKey{limit}"]["Default"] < PARAMETERS[f"Api{limit}"]["Default"]


def test_says_that_a_stages_throttle_is_each_methods_own() -> None:
    assert "of one method" in PARAMETERS["ApiRateLimit"]["Description"]


def test_one_address_is_limited_when_asked_for_and_told_so_as_every_caller_is() -> None:
    assert not any("::WAFv2::" in kind for kind in FIRST.types)
    assert not any("::WAFv2::" in kind for kind in Deployed(Platform="localstack", AddressRateLimit="100").types)
    stack = Deployed(AddressRateLimit="100")
    limit = stack.properties("ApiAddressLimit")
    [rule] = limit["Rules"]
    assert rule["Statement"]["RateBasedStatement"] == {
        "AggregateKeyType": "IP", "EvaluationWindowSec": 300, "Limit": "100",
    }  # fmt: skip
    response = rule["Action"]["Block"]["CustomResponse"]
    told = json.loads(limit["CustomResponseBodies"][response["CustomResponseBodyKey"]]["Content"])
    assert (response["ResponseCode"], told["status"], told["code"]) == (429, 429, "THROTTLED")
    assert stack.properties("ApiAddressLimitAssociation") == {
        "WebACLArn": "<ApiAddressLimit.Arn>",
        "ResourceArn": "arn:aws:apigateway:us-east-1::/restapis/<LiveCodeApi>/stages/<LiveCodeApiStage>",
    }


@pytest.mark.parametrize(("limit", "taken"), [("0", True), ("9", False), ("10", True), ("-5", False), ("2000", True)])
def test_takes_what_waf_takes(limit: str, taken: bool) -> None:
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-wafv2-webacl-ratebasedstatement.html
    assert bool(re.fullmatch(PARAMETERS["AddressRateLimit"]["AllowedPattern"], limit)) is taken
