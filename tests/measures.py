"""Measures read as Prometheus reads them."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from chitieu.api.telemetry.metrics import Metrics, Standing


def samples(page: bytes | str) -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels, in alphabetical order."""
    text = page.decode() if isinstance(page, bytes) else page
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(metrics: Metrics) -> dict[tuple[str, ...], float]:
    return samples(metrics.page(Standing({"version": "1"}, True))[0])
