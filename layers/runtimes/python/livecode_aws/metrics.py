"""Counts events as CloudWatch metrics in the embedded metric format; the template's alarms watch them."""

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit


def count_metric(name: str, times: int = 1, *, service: str) -> None:
    """Adds to a metric of the namespace in POWERTOOLS_METRICS_NAMESPACE, by its dimension `service`."""
    with single_metric(name=name, unit=MetricUnit.Count, value=times, default_dimensions={"service": service}):
        pass
