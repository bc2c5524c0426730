"""The deployments that the template allows, each translated, and marks that run a test on several of them."""

from typing import Any

import pytest

from tests.unit.deployed import Deployed

OWN_DATABASE = Deployed()
EXISTING_DATABASE = Deployed(
    DatabaseSecretArn="arn:aws:secretsmanager:us-east-1:000000000000:secret:owner",
    RunnerDatabaseSecretArn="arn:aws:secretsmanager:us-east-1:000000000000:secret:runner",
    SubnetIds="subnet-1,subnet-2",
    SecurityGroupIds="sg-1",
    RequireApiKey="true",
)
DATABASE_URL = Deployed(DatabaseUrl="postgresql://somewhere")
LOCALSTACK = Deployed(Platform="localstack", DatabaseUrl="postgresql://somewhere")
EVERYWHERE = pytest.mark.parametrize(
    "stack",
    [
        pytest.param(OWN_DATABASE, id="own database"),
        pytest.param(EXISTING_DATABASE, id="existing database"),
        pytest.param(DATABASE_URL, id="DATABASE_URL"),
        pytest.param(LOCALSTACK, id="LocalStack"),
    ],
)
ON_AWS = pytest.mark.parametrize("stack", [OWN_DATABASE, EXISTING_DATABASE], ids=["own database", "existing database"])


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
