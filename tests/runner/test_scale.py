"""What hundreds of trials cost the driver beside their training."""

import pytest
import scale

pytest.importorskip("keras")


@pytest.mark.slow
def test_a_trial_costs_the_driver_under_20_ms_and_no_memory(tmp_path):
    found = scale.measure(tmp_path, 500, "local")
    assert found["driver_ms_per_trial"] < 20
    assert found["memory_mb_at_the_end"] - found["memory_mb_after_a_tenth"] < 5
    assert found["read_ms_per_trial"] < 20
