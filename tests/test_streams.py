import numpy as np

from ablation.streams import generator, stream_seed


def test_a_stream_is_the_same_on_every_machine_and_in_every_version():
    assert stream_seed(0, "order", 1) == 1843826706
    assert stream_seed(7, "block1_conv1/kernel_initializer") == 526008775


def test_streams_of_other_seeds_and_purposes_are_others():
    purposes = [
        (seed, *purpose) for seed in range(50) for purpose in (("order", 1), ("order", 2), ("dropout",))
    ]
    seeds = [stream_seed(*purpose) for purpose in purposes]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_neighbouring_seeds_draw_unrelated_numbers():
    first, second = (generator(seed, "order", 1).random(5000) for seed in (0, 1))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.05
    assert np.array_equal(generator(0, "order", 1).random(9), first[:9])
